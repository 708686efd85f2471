package io.millrace.broker.server;

import io.millrace.broker.replica.BrokerDefaults;
import io.millrace.broker.replica.LeaderStreams;
import io.millrace.broker.replica.Replication;
import io.millrace.broker.replica.ReplicationMetrics;
import io.millrace.broker.replica.link.Throttle;
import io.millrace.broker.rpc.ReplicationEndpoint;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.NotUnderstood;
import io.millrace.common.config.ReplicationConfigs;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.image.MetadataImage;
import java.util.UUID;

/** Puts together both ends of replication. */
final class NodeReplication {
  /** Far above what brokers open, one to each other; a replaced one may linger for seconds. */
  private static final int MAX_STREAMS = 4_096;

  /** As many partitions as a broker may have of another. */
  private static final int MAX_SUBSCRIPTIONS = 200_000;

  private NodeReplication() {}

  /** What follows, and proposes in-sync replicas. */
  static Replication following(
      EffectiveConfig config,
      ServerEnvironment environment,
      NodeThreads threads,
      UUID incarnationId,
      LeaderStreams streams,
      MetadataQuorum quorum,
      ReplicationMetrics metrics) {
    int nodeId = config.get(NodeSettings.NODE_ID);
    return new Replication(
        new Replication.Settings(
            nodeId,
            incarnationId,
            config.get(ReplicationSettings.CREDIT_BYTES),
            Wiring.replicationMessageBytes(config),
            throttle(config, quorum, ReplicationConfigs.FOLLOWER_THROTTLED_RATE)),
        quorum,
        streams,
        new Replication.Environment(
            threads.timers(), threads.relief(), environment.clock(), environment.faults()),
        metrics);
  }

  /** Goes by what is set at the moment. */
  private static Throttle throttle(
      EffectiveConfig config, MetadataQuorum quorum, ConfigKey<Long> rate) {
    BrokerDefaults settings =
        new BrokerDefaults(config.get(NodeSettings.NODE_ID), config, NotUnderstood.SILENT);
    return new Throttle(() -> settings.in(quorum.image()).get(rate));
  }

  private static boolean inSync(MetadataImage image, TopicIdPartition id, int broker) {
    return image
        .topic(id.topicId())
        .flatMap(topic -> topic.partition(id.partition()))
        .filter(partition -> partition.isr().contains(broker))
        .isPresent();
  }

  /** From now on other brokers may follow this one. */
  static void lead(
      EffectiveConfig config,
      ServerEnvironment environment,
      NodeLink link,
      NodeState state,
      NodeThreads threads,
      Telemetry telemetry) {
    link.replication()
        .begin(
            new ReplicationEndpoint.Deps(
                state.dirs().clusterId(),
                state.replicas(),
                telemetry.corruptReads(),
                threads.replicaReads()::of,
                threads.catchUpReads()::of,
                (id, broker) -> inSync(state.quorum().image(), id, broker),
                throttle(config, state.quorum(), ReplicationConfigs.LEADER_THROTTLED_RATE),
                threads.timers(),
                threads.relief(),
                environment.clock(),
                telemetry.replication(),
                new ReplicationEndpoint.Limits(MAX_STREAMS, MAX_SUBSCRIPTIONS)));
  }
}
