package io.millrace.broker.server;

import io.millrace.broker.replica.ReplicaSettings;
import io.millrace.broker.replica.ReplicaSettings.Housekeeping;
import io.millrace.broker.replica.ReplicaSettings.Threading;
import io.millrace.broker.replica.ShardLimits;
import io.millrace.broker.rpc.BrokerServices;
import io.millrace.broker.rpc.FetchLimits;
import io.millrace.broker.rpc.NodeInfo;
import io.millrace.broker.rpc.TransportSettings;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.ratis.MetadataStorage;
import io.millrace.metadata.ratis.RatisMetadataQuorum;
import io.millrace.metadata.ratis.RatisSettings;
import java.util.UUID;

/** Makes the parts' own settings of the server's. */
final class Wiring {
  /** What a message has besides the records: topic ids, offsets, tags. */
  private static final int MESSAGE_OVERHEAD_BYTES = 16 << 10;

  private static final int SHARD_RUN_TASKS = 256;
  private static final int SHARD_MAX_TASKS = 16_384;

  private Wiring() {}

  /** The metadata quorum, its directory prepared if it never was. */
  static MetadataQuorum quorum(
      EffectiveConfig config, ServerEnvironment environment, DataDirs dirs) {
    ListenAddress listener = config.get(BrokerSettings.LISTENER_QUORUM);
    RatisSettings settings =
        new RatisSettings(
            dirs.clusterId(),
            config.get(BrokerSettings.NODE_ID),
            dirs.directories().get(0).directoryId(),
            dirs.metadata(),
            listener.host(),
            listener.port(),
            RatisSettings.SnapshotPolicy.DEFAULT);
    if (dirs.newNode()) {
      MetadataStorage.format(environment.store(), settings);
    }
    ControllerSettings controller =
        ControllerSettings.DEFAULTS.withDefaults(
            config.get(BrokerSettings.NUM_PARTITIONS),
            config.get(BrokerSettings.DEFAULT_REPLICATION_FACTOR),
            config.get(TopicConfigs.brokerKey(TopicConfigs.MIN_INSYNC_REPLICAS)));
    return new RatisMetadataQuorum(
        settings,
        controller,
        UUID::randomUUID,
        environment.store(),
        environment.clock(),
        environment.faults());
  }

  static ReplicaSettings replicas(EffectiveConfig config, UUID incarnationId, int dirs) {
    int shards = config.get(BrokerSettings.SHARDS_PER_DIR);
    int processors = Runtime.getRuntime().availableProcessors();
    Threading threading =
        new Threading(
            shards > 0 ? shards : Math.max(1, (processors + dirs - 1) / dirs),
            config.get(BrokerSettings.RECOVERY_THREADS),
            new ShardLimits(
                SHARD_MAX_TASKS, config.get(BrokerSettings.IN_FLIGHT_BYTES), SHARD_RUN_TASKS));
    Housekeeping housekeeping =
        new Housekeeping(
            config.get(BrokerSettings.RETENTION_CHECK_INTERVAL_MS),
            config.get(BrokerSettings.CHECKPOINT_INTERVAL_MS),
            config.get(BrokerSettings.PRODUCER_ID_EXPIRATION_MS),
            config.get(BrokerSettings.PRODUCER_BATCHES_REMEMBERED),
            config.get(BrokerSettings.MAX_OPEN_SEGMENTS));
    return new ReplicaSettings(
        config.get(BrokerSettings.NODE_ID), incarnationId, config, threading, housekeeping);
  }

  static NodeInfo node(EffectiveConfig config, String clusterId) {
    return new NodeInfo(
        config.get(BrokerSettings.NODE_ID),
        clusterId,
        Version.number(),
        config.get(BrokerSettings.RPC_MAX_MESSAGE_BYTES),
        config.get(BrokerSettings.PRODUCER_BATCHES_REMEMBERED));
  }

  static TransportSettings transport(EffectiveConfig config) {
    return new TransportSettings(
        config.get(BrokerSettings.RPC_MAX_MESSAGE_BYTES),
        config.get(BrokerSettings.RPC_FLOW_CONTROL_WINDOW),
        config.get(BrokerSettings.MAX_STREAMS),
        config.get(BrokerSettings.RPC_KEEPALIVE_MS),
        config.get(BrokerSettings.RPC_KEEPALIVE_PERMIT_MS),
        config.get(BrokerSettings.RPC_CONNECTION_AGE_MS),
        config.get(BrokerSettings.RPC_CONNECTION_AGE_GRACE_MS));
  }

  static BrokerServices.Limits limits(EffectiveConfig config) {
    return new BrokerServices.Limits(
        config.get(BrokerSettings.MAX_FETCH_SUBSCRIPTIONS),
        config.get(BrokerSettings.MAX_DECOMPRESSED_BYTES),
        config.get(BrokerSettings.MAX_PRODUCE_STREAMS),
        config.get(BrokerSettings.PRODUCE_TIMEOUT_MS),
        config.get(BrokerSettings.PRODUCE_MAX_TIMEOUT_MS),
        config.get(BrokerSettings.ADMIN_TIMEOUT_MS));
  }

  static FetchLimits fetchLimits(EffectiveConfig config) {
    int most = config.get(BrokerSettings.RPC_MAX_MESSAGE_BYTES) - MESSAGE_OVERHEAD_BYTES;
    return new FetchLimits(
        config.get(BrokerSettings.MAX_FETCH_SUBSCRIPTIONS),
        config.get(BrokerSettings.FETCH_MAX_WAIT_MS),
        Math.min(most, config.get(BrokerSettings.FETCH_MAX_BYTES)),
        Math.min(most, config.get(BrokerSettings.FETCH_STREAM_MESSAGE_BYTES)),
        config.get(BrokerSettings.MAX_DECOMPRESSED_BYTES));
  }
}
