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

  /** The image that was looked through last, with what was found. */
  private volatile Optional<PartitionScan> newest = Optional.empty();

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
   * How the cluster is, in about a second also if nobody else answers.
   *
   * @param most how many names each problem tells
   */
  CompletableFuture<Health> health(int most) {
    return quorumView().thenApplyAsync(view -> verdict(view, most), threads);
  }

  private CompletableFuture<QuorumView> quorumView() {
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
    MetadataImage image = quorum.image();
    PartitionScan scan =
        newest
            .filter(found -> found.image().revision() == image.revision())
            .orElseGet(() -> new PartitionScan(image));
    newest = Optional.of(scan);
    return ClusterHealth.of(nodeId, image, scan, view, most);
  }
}
