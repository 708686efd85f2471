package io.millrace.client.internal;

import io.millrace.client.api.ProducerConfig;
import io.millrace.common.MillraceException;
import io.millrace.common.producer.ProducerIdentity;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The identity that a producer's new pipes begin under, and the next epochs for those that there
 * are. Confined to the producer's thread.
 */
final class ProducerIdentities {
  private final boolean idempotent;
  private final IdentitySource source;
  private final Questions questions;

  /** While anything may wait for an identity. */
  private final Duration patience;

  /** The newest; empty until granted, and always for a producer that is not idempotent. */
  private Optional<ProducerIdentity> newest = Optional.empty();

  /** Whether a first one is being asked for. */
  private boolean asked;

  ProducerIdentities(ProducerConfig config, ClusterClient cluster, Questions questions) {
    this.idempotent = config.idempotent();
    this.source = new IdentitySource(cluster);
    this.questions = questions;
    Duration request = cluster.config().requestTimeout();
    Duration delivery = config.deliveryTimeout();
    this.patience = request.compareTo(delivery) > 0 ? request : delivery;
  }

  /** Whether new pipes have to wait for one. */
  boolean lacking() {
    return idempotent && newest.isEmpty();
  }

  /** What a new pipe begins under; empty for a producer that is not idempotent. */
  Optional<ProducerIdentity> newest() {
    return newest;
  }

  /**
   * A pipe is gone. The next one of its partition begins at sequence 0: under this identity the
   * broker might take its batches for repeats.
   */
  void giveUp() {
    newest = Optional.empty();
  }

  /** Asks for one that is new, unless that is under way. */
  void ask(Consumer<MillraceException> onFailure) {
    if (asked) {
      return;
    }
    asked = true;
    questions.ask(
        () -> source.next(Optional.empty(), patience),
        granted -> {
          asked = false;
          newest = Optional.of(granted);
        },
        failure -> {
          asked = false;
          onFailure.accept(failure);
        });
  }

  /** Asks for the next epoch for a pipe that has this identity. */
  void raise(
      Optional<ProducerIdentity> own,
      Consumer<ProducerIdentity> onGranted,
      Consumer<MillraceException> onFailure) {
    Optional<ProducerIdentity> current = newestOf(own);
    questions.ask(
        () -> source.next(current, patience),
        granted -> {
          if (isNextOfOurs(granted)) {
            newest = Optional.of(granted);
          }
          onGranted.accept(granted);
        },
        onFailure);
  }

  /**
   * Whether new pipes may begin under a grant. If the identity was given up meanwhile, the grant is
   * for the pipe that asked only: a pipe that has ended may have used that epoch too.
   */
  private boolean isNextOfOurs(ProducerIdentity granted) {
    return newest
        .filter(i -> i.producerId() == granted.producerId())
        .filter(i -> i.producerEpoch() < granted.producerEpoch())
        .isPresent();
  }

  /** Another partition may have raised the epoch already. */
  private Optional<ProducerIdentity> newestOf(Optional<ProducerIdentity> own) {
    return newest
        .filter(i -> own.isPresent() && own.get().producerId() == i.producerId())
        .filter(i -> i.producerEpoch() > own.get().producerEpoch())
        .or(() -> own);
  }
}
