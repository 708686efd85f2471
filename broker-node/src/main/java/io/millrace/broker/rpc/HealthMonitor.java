package io.millrace.broker.rpc;

import io.millrace.broker.rpc.ClusterHealth.QuorumView;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.QuorumAnswer.Described;
import io.millrace.metadata.QuorumRequest;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.rpc.QuorumMembers;
import io.millrace.proto.v1.Health;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Finds out how the cluster is: asks the controller for the quorum, or, if none answers, the voters
 * themselves; the rest the node's image tells, which is looked through on other threads and once
 * for each revision. Thread-safe.
 */
final class HealthMonitor {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final int nodeId;
  private final MetadataQuorum quorum;
  private final QuorumMembers members;
  private final Executor threads;

  /** Held while an image is looked through, which takes a second for a million partitions. */
  private final Object scanning = new Object();

  /** The image that was looked through last, with what was found; under {@link #scanning}. */
  private Optional<PartitionScan> newest = Optional.empty();

  /** The last look at the quorum; whoever asks while it is under way is answered by it. */
  private Optional<CompletableFuture<QuorumView>> looking = Optional.empty();

  /**
   * Makes a monitor.
   *
   * @param threads for looking through the image
   */
  HealthMonitor(int nodeId, MetadataQuorum quorum, QuorumMembers members, Executor threads) {
    this.nodeId = nodeId;
    this.quorum = quorum;
    this.members = members;
    this.threads = threads;
  }

  /**
   * How the cluster is, in a second or two also if nobody else answers.
   *
   * @param most how many names each problem tells
   */
  CompletableFuture<Health> health(int most) {
    return quorumView().thenApplyAsync(view -> verdict(view, most), threads);
  }

  private synchronized CompletableFuture<QuorumView> quorumView() {
    CompletableFuture<QuorumView> shared =
        looking.filter(look -> !look.isDone()).orElseGet(this::look);
    looking = Optional.of(shared);
    return shared;
  }

  private CompletableFuture<QuorumView> look() {
    if (quorum.health().controllerId() == 0) {
      return withoutController();
    }
    return members
        .administer(new QuorumRequest.Describe(), PATIENCE)
        .thenCompose(
            answer ->
                answer instanceof Described described
                    ? CompletableFuture.completedFuture(
                        new QuorumView(
                            quorum.health(),
                            Optional.of(described),
                            described.voters().size(),
                            List.of()))
                    : withoutController());
  }

  private CompletableFuture<QuorumView> withoutController() {
    return members
        .silent(PATIENCE)
        .thenApply(
            silent ->
                new QuorumView(quorum.health(), Optional.empty(), members.known().size(), silent));
  }

  private Health verdict(QuorumView view, int most) {
    PartitionScan scan = scan();
    return ClusterHealth.of(nodeId, scan.image(), scan, view, most);
  }

  /** Who comes while another looks through the same image waits for that one's result. */
  private PartitionScan scan() {
    synchronized (scanning) {
      MetadataImage image = quorum.image();
      PartitionScan scan =
          newest
              .filter(found -> found.image().revision() == image.revision())
              .orElseGet(() -> new PartitionScan(image));
      newest = Optional.of(scan);
      return scan;
    }
  }
}
