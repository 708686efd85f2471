package io.millrace.broker.server;

import io.millrace.broker.replica.CleaningStatus;
import io.millrace.metadata.QuorumHealth;
import java.util.function.BooleanSupplier;

/** What the metrics page tells of the node as a whole. */
final class NodeGauges {
  private NodeGauges() {}

  /**
   * Adds the gauges.
   *
   * @param ready whether clients should be sent here
   */
  static void publish(ServerParts parts, Checks checks, BooleanSupplier ready) {
    ServerMetrics metrics = parts.telemetry().registry();
    NodeState state = parts.state();
    metrics.gauge(
        "millrace.ready",
        "1 while clients should be sent here",
        () -> ready.getAsBoolean() ? 1 : 0);
    metrics.gauge(
        "millrace.partitions",
        "Partitions that have a log here",
        () -> state.replicas().partitions().size());
    metrics.gauge(
        "millrace.log.dirs.offline",
        "Data directories whose disk failed, or that could not be opened",
        checks::offlineDirs);
    metrics.gauge(
        "millrace.partitions.offline",
        "Partitions of this node whose data directory is offline: they can't be served",
        () -> state.replicas().offlinePartitions());
    metrics.gauge(
        "millrace.partitions.under.replicated",
        "Partitions led here of which some replica is not in sync",
        () -> state.replicas().underReplicatedPartitions());
    compaction(metrics, state.replicas().cleaning());
    metrics.gauge(
        "millrace.metadata.revision",
        "The revision of the metadata known here",
        () -> state.quorum().image().revision());
    metrics.gauge(
        "millrace.controller.active",
        "1 while this node's controller is the active one",
        () -> state.quorum().isActiveController() ? 1 : 0);
    metrics.gauge(
        "millrace.quorum.ready",
        "1 while an active controller is known and the metadata follows it",
        () -> state.quorum().health().ready() ? 1 : 0);
    metrics.gauge(
        "millrace.metadata.log.failed",
        "1 once the metadata log has failed here; the process ends",
        () -> state.quorum().health().state() == QuorumHealth.State.FAILED ? 1 : 0);
    metrics.gauge(
        "millrace.controller.epoch",
        "The epoch of the last controller that is known here",
        () -> state.quorum().health().controllerEpoch());
    metrics.gauge(
        "millrace.unclean.elections",
        "Leaders of the cluster that were elected though they may lack acknowledged records",
        () -> state.quorum().image().uncleanElections());
    metrics.gauge(
        "millrace.broker.leads",
        "1 while the controller lets this broker lead, 0 while it is fenced",
        () -> state.session().leads() ? 1 : 0);
    metrics.gauge(
        "millrace.produce.in.flight.bytes",
        "Bytes of produce requests that are not answered yet",
        () -> parts.budgets().produce().used());
    metrics.gauge(
        "millrace.fetch.in.flight.bytes",
        "Bytes that were read for unary fetches and tails and are not sent yet",
        () -> parts.budgets().fetch().used());
  }

  private static void compaction(ServerMetrics metrics, CleaningStatus cleaning) {
    metrics.gauge(
        "millrace.log.cleaner.max.dirty.ratio",
        "The largest share of a compacted log that was appended since its last cleaning, 0 to 1",
        cleaning::maxDirtyRatio);
    metrics.gauge(
        "millrace.log.cleaner.buffer.utilization.ratio",
        "How full the offset map of the last cleaning was, 0 to 1",
        cleaning::bufferUtilization);
    metrics.gauge(
        "millrace.log.cleaner.uncleanable.partitions",
        "Compacted logs here that can't be cleaned as they are: the log says why",
        cleaning::uncleanablePartitions);
    metrics.gauge(
        "millrace.log.cleaner.last.cleaned.seconds",
        "When a cleaning ended last, seconds since 1970 UTC; 0 for never",
        () -> cleaning.lastCleanedMs() / 1000.0);
    metrics.gauge(
        "millrace.log.cleaner.cleanings",
        "Cleanings that ended well since the start",
        cleaning::cleanings);
    metrics.gauge(
        "millrace.log.cleaner.read.bytes",
        "Bytes of the segments that were cleaned since the start",
        cleaning::bytesRead);
    metrics.gauge(
        "millrace.log.cleaner.written.bytes",
        "Bytes of the segments that took their place since the start",
        cleaning::bytesWritten);
    metrics.gauge(
        "millrace.log.cleaner.removed.records",
        "Records that were removed by compaction since the start",
        cleaning::recordsRemoved);
  }
}
