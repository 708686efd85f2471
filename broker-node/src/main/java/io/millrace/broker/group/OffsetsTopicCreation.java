package io.millrace.broker.group;

import io.millrace.broker.metadata.TopicReadiness;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.time.Clock;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.TopicImage;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Has the controller make the {@link OffsetsTopic} when it is needed first. Many brokers may do so
 * at once: one of them makes it, the others find it made. Thread-safe.
 */
final class OffsetsTopicCreation {
  /** A voter that is not registered so long after the topic was needed is no broker. */
  private static final long VOTERS_WAIT_MS = 10_000;

  private static final long NOT_ASKED = Long.MIN_VALUE;

  private final MetadataQuorum quorum;
  private final OffsetsTopicSettings settings;
  private final TopicReadiness readiness;
  private final Clock clock;

  /** When the topic was needed first, on the monotonic clock. */
  private final AtomicLong neededMs = new AtomicLong(NOT_ASKED);

  OffsetsTopicCreation(
      MetadataQuorum quorum, OffsetsTopicSettings settings, TopicReadiness readiness, Clock clock) {
    this.quorum = quorum;
    this.settings = settings;
    this.readiness = readiness;
    this.clock = clock;
  }

  /**
   * The topic, made if need be; then this broker leads by then what it is to lead of it.
   *
   * @return fails with COORDINATOR_NOT_AVAILABLE while it can't be made. May complete on the
   *     metadata thread
   */
  CompletableFuture<TopicImage> topic(Duration timeout) {
    Optional<TopicImage> known = known();
    if (known.isPresent()) {
      return CompletableFuture.completedFuture(known.get());
    }
    int replicationFactor = replicationFactor();
    Command create =
        new Command.CreateTopic(
            OffsetsTopic.NAME,
            settings.partitions(),
            replicationFactor,
            OffsetsTopic.configs(replicationFactor),
            RequestOptions.NONE);
    return quorum
        .submit(create, timeout)
        .thenApply(this::made)
        .thenCompose(topic -> whenServing(topic, timeout.toMillis()));
  }

  /** Whoever is told of a coordinator here finds it; where it fails to begin, it says so itself. */
  private CompletableFuture<TopicImage> whenServing(TopicImage topic, long timeoutMs) {
    return readiness
        .whenServing(topic.id(), quorum.image().revision(), timeoutMs)
        .handle((serving, failed) -> topic);
  }

  private Optional<TopicImage> known() {
    return quorum.image().topic(OffsetsTopic.NAME);
  }

  /** Whatever came of it: another broker may have made the topic meanwhile. */
  private TopicImage made(CommandResult result) {
    return known().orElseThrow(() -> notAvailable("is not made yet: " + reason(result)));
  }

  private static String reason(CommandResult result) {
    return result instanceof CommandResult.Refused refused
        ? refused.error().message()
        : "this broker has not heard of it";
  }

  /**
   * As many replicas as there are brokers for, also brokers that are down: the topic outlives the
   * state that the cluster is in now. A cluster whose voters are not all registered yet is waited
   * for.
   */
  private int replicationFactor() {
    int usable =
        (int)
            quorum.image().brokers().values().stream().filter(OffsetsTopicCreation::usable).count();
    int wanted = settings.replicationFactor();
    if (usable < Math.min(wanted, settings.voters()) && !waitedLong()) {
      throw notAvailable(
          "is not made yet: " + usable + " of " + settings.voters() + " brokers are registered");
    }
    return Math.max(1, Math.min(wanted, usable));
  }

  private static boolean usable(BrokerImage broker) {
    return broker.active() || broker.fenced();
  }

  private boolean waitedLong() {
    long nowMs = clock.monotonicMs();
    neededMs.compareAndSet(NOT_ASKED, nowMs);
    return nowMs - neededMs.get() >= VOTERS_WAIT_MS;
  }

  private static MillraceException notAvailable(String why) {
    return new MillraceError(
            ErrorCode.COORDINATOR_NOT_AVAILABLE, "the topic " + OffsetsTopic.NAME + " " + why)
        .exception();
  }
}
