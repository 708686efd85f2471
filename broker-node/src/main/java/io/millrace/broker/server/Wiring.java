package io.millrace.broker.server;

import io.millrace.broker.group.OffsetsTopicSettings;
import io.millrace.broker.group.core.GroupSettings;
import io.millrace.broker.replica.CleanerSettings;
import io.millrace.broker.replica.ReplicaSettings;
import io.millrace.broker.replica.ReplicaSettings.Housekeeping;
import io.millrace.broker.replica.ReplicaSettings.Threading;
import io.millrace.broker.replica.ShardLimits;
import io.millrace.broker.rpc.BrokerServices;
import io.millrace.broker.rpc.FetchLimits;
import io.millrace.broker.rpc.NodeInfo;
import io.millrace.broker.rpc.TransportSettings;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.metadata.ratis.RatisSettings;
import java.util.UUID;

/** Makes the parts' own settings of the server's. */
final class Wiring {
  /** What a message has besides the records: topic ids, offsets, tags. */
  private static final int MESSAGE_OVERHEAD_BYTES = 16 << 10;

  /** What waits for one other broker takes this part of the memory for requests at most. */
  private static final int FORWARDED_PART = 4;

  private static final int SHARD_RUN_TASKS = 256;
  private static final int SHARD_MAX_TASKS = 16_384;

  private Wiring() {}

  /** Where and as whom the node takes part in the quorum. */
  static RatisSettings ratis(EffectiveConfig config, DataDirs dirs) {
    ListenAddress listener = config.get(ListenerSettings.LISTENER_QUORUM);
    return new RatisSettings(
        dirs.clusterId(),
        config.get(NodeSettings.NODE_ID),
        dirs.directories().get(0).directoryId(),
        dirs.metadata(),
        listener.host(),
        listener.port(),
        RatisSettings.SnapshotPolicy.DEFAULT);
  }

  static ReplicaSettings replicas(EffectiveConfig config, UUID incarnationId, int dirs) {
    int shards = config.get(StorageSettings.SHARDS_PER_DIR);
    int processors = Runtime.getRuntime().availableProcessors();
    Threading threading =
        new Threading(
            shards > 0 ? shards : Math.max(1, (processors + dirs - 1) / dirs),
            config.get(StorageSettings.RECOVERY_THREADS),
            new ShardLimits(
                SHARD_MAX_TASKS, config.get(LimitSettings.IN_FLIGHT_BYTES), SHARD_RUN_TASKS));
    Housekeeping housekeeping =
        new Housekeeping(
            config.get(StorageSettings.RETENTION_CHECK_INTERVAL_MS),
            config.get(StorageSettings.CHECKPOINT_INTERVAL_MS),
            config.get(StorageSettings.PRODUCER_ID_EXPIRATION_MS),
            config.get(StorageSettings.PRODUCER_BATCHES_REMEMBERED),
            config.get(StorageSettings.MAX_OPEN_SEGMENTS));
    return new ReplicaSettings(
        config.get(NodeSettings.NODE_ID),
        incarnationId,
        config,
        threading,
        housekeeping,
        cleaner(config),
        config.get(StorageSettings.REPLICA_LAG_TIME_MAX_MS));
  }

  private static CleanerSettings cleaner(EffectiveConfig config) {
    return new CleanerSettings(
        config.get(CompactionSettings.THREADS),
        config.get(CompactionSettings.DEDUPE_BUFFER_SIZE),
        Math.min(0.95, Math.max(0.05, config.get(CompactionSettings.BUFFER_LOAD_FACTOR))),
        config.get(CompactionSettings.IO_MAX_BYTES_PER_SECOND),
        config.get(CompactionSettings.BACKOFF_MS));
  }

  static NodeInfo node(EffectiveConfig config, String clusterId) {
    return new NodeInfo(
        config.get(NodeSettings.NODE_ID),
        clusterId,
        Version.number(),
        config.get(LimitSettings.RPC_MAX_MESSAGE_BYTES),
        config.get(StorageSettings.PRODUCER_BATCHES_REMEMBERED));
  }

  static TransportSettings transport(EffectiveConfig config) {
    return new TransportSettings(
        config.get(LimitSettings.RPC_MAX_MESSAGE_BYTES),
        config.get(ConnectionSettings.RPC_FLOW_CONTROL_WINDOW),
        config.get(LimitSettings.MAX_STREAMS),
        config.get(ConnectionSettings.RPC_KEEPALIVE_MS),
        config.get(ConnectionSettings.RPC_KEEPALIVE_PERMIT_MS),
        config.get(ConnectionSettings.RPC_CONNECTION_AGE_MS),
        config.get(ConnectionSettings.RPC_CONNECTION_AGE_GRACE_MS));
  }

  static BrokerServices.Limits limits(EffectiveConfig config) {
    return new BrokerServices.Limits(
        config.get(LimitSettings.MAX_FETCH_SUBSCRIPTIONS),
        config.get(LimitSettings.MAX_DECOMPRESSED_BYTES),
        config.get(LimitSettings.MAX_PRODUCE_STREAMS),
        config.get(LimitSettings.MAX_FETCH_STREAMS),
        config.get(LimitSettings.MAX_METADATA_STREAMS),
        config.get(LimitSettings.IN_FLIGHT_BYTES) / FORWARDED_PART,
        config.get(ConsumerGroupSettings.MAX_STREAMS),
        config.get(RequestSettings.PRODUCE_TIMEOUT_MS),
        config.get(RequestSettings.PRODUCE_MAX_TIMEOUT_MS),
        config.get(RequestSettings.ADMIN_TIMEOUT_MS));
  }

  /** What groups go by. */
  static GroupSettings groups(EffectiveConfig config) {
    return new GroupSettings(
        config.get(ConsumerGroupSettings.SESSION_TIMEOUT_MS),
        config.get(ConsumerGroupSettings.MIN_SESSION_TIMEOUT_MS),
        config.get(ConsumerGroupSettings.MAX_SESSION_TIMEOUT_MS),
        config.get(ConsumerGroupSettings.HEARTBEAT_INTERVAL_MS),
        config.get(ConsumerGroupSettings.MAX_SIZE),
        config.get(ConsumerGroupSettings.OFFSETS_RETENTION_MS),
        config.get(ConsumerGroupSettings.OFFSET_METADATA_MAX_BYTES));
  }

  /** How the topic of groups and offsets is made. */
  static OffsetsTopicSettings offsetsTopic(EffectiveConfig config) {
    return new OffsetsTopicSettings(
        config.get(ConsumerGroupSettings.OFFSETS_TOPIC_PARTITIONS),
        config.get(ConsumerGroupSettings.OFFSETS_TOPIC_REPLICATION_FACTOR),
        Math.max(1, NodeVoters.of(config).all().size()));
  }

  /** What brokers put into one message for each other: no more than their listeners take. */
  static int replicationMessageBytes(EffectiveConfig config) {
    int most = config.get(LimitSettings.RPC_MAX_MESSAGE_BYTES) - MESSAGE_OVERHEAD_BYTES;
    return Math.min(most, config.get(ReplicationSettings.MESSAGE_BYTES));
  }

  static FetchLimits fetchLimits(EffectiveConfig config) {
    int most = config.get(LimitSettings.RPC_MAX_MESSAGE_BYTES) - MESSAGE_OVERHEAD_BYTES;
    return new FetchLimits(
        config.get(LimitSettings.MAX_FETCH_SUBSCRIPTIONS),
        config.get(RequestSettings.FETCH_MAX_WAIT_MS),
        Math.min(most, config.get(RequestSettings.FETCH_MAX_BYTES)),
        Math.min(most, config.get(RequestSettings.FETCH_STREAM_MESSAGE_BYTES)),
        config.get(LimitSettings.MAX_DECOMPRESSED_BYTES));
  }
}
