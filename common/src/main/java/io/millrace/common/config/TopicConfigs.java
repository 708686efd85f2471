package io.millrace.common.config;

import io.millrace.common.CleanupPolicy;
import io.millrace.common.FlushMode;
import io.millrace.common.TimestampType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a topic can set for itself, and the broker's settings that hold where a topic sets nothing.
 * Names are those that Kafka's operators know.
 */
public final class TopicConfigs {
  private static final ConfigType<TimestampType> TIMESTAMP_TYPE =
      ConfigTypes.oneOf(TimestampType.class, TimestampType::configName);
  private static final ConfigType<FlushMode> FLUSH_MODES =
      ConfigTypes.oneOf(FlushMode.class, FlushMode::configName);
  private static final ConfigType<CleanupPolicy> CLEANUP_POLICIES =
      ConfigTypes.oneOf(CleanupPolicy.class, CleanupPolicy::configName);

  /** How long records are kept. */
  public static final ConfigKey<Long> RETENTION_MS =
      ConfigKey.of(
              "retention.ms",
              ConfigTypes.DURATION,
              604_800_000L,
              "A segment is deleted when its newest record is older than this; -1 keeps records for"
                  + " ever.")
          .atLeast(-1);

  /** How many bytes of a partition are kept. */
  public static final ConfigKey<Long> RETENTION_BYTES =
      ConfigKey.of(
              "retention.bytes",
              ConfigTypes.SIZE,
              -1L,
              "The oldest segments of a partition are deleted while at least this much is left"
                  + " without them; -1 for no bound.")
          .atLeast(-1);

  /** How large a segment grows. */
  public static final ConfigKey<Integer> SEGMENT_BYTES =
      ConfigKey.of(
              "segment.bytes",
              ConfigTypes.BUFFER_SIZE,
              1 << 30,
              "A new segment is begun before one grows larger than this.")
          .between(1_024, Integer.MAX_VALUE);

  /** How long a segment is appended to. */
  public static final ConfigKey<Long> SEGMENT_MS =
      ConfigKey.of(
              "segment.ms",
              ConfigTypes.DURATION,
              604_800_000L,
              "A new segment is begun when the first record of the current one is older than"
                  + " this.")
          .atLeast(1);

  /** How large an index grows. */
  public static final ConfigKey<Integer> SEGMENT_INDEX_BYTES =
      ConfigKey.of(
              "segment.index.bytes",
              ConfigTypes.BUFFER_SIZE,
              10 << 20,
              "The most bytes of a segment's offset index; a new segment is begun when it is full.")
          .between(24, 1 << 30);

  /** How dense the indexes are. */
  public static final ConfigKey<Integer> INDEX_INTERVAL_BYTES =
      ConfigKey.of(
              "index.interval.bytes",
              ConfigTypes.BUFFER_SIZE,
              4_096,
              "An index entry is made after about this many bytes of records.")
          .between(0, Integer.MAX_VALUE);

  /** The largest batch. */
  public static final ConfigKey<Integer> MAX_MESSAGE_BYTES =
      ConfigKey.of(
              "max.message.bytes",
              ConfigTypes.BUFFER_SIZE,
              1_048_588,
              "The most bytes of one record batch, as it is sent (compressed). Also bounded by what"
                  + " the server accepts as one message.")
          .between(61, 1 << 30);

  /** Who gives timestamps. */
  public static final ConfigKey<TimestampType> MESSAGE_TIMESTAMP_TYPE =
      ConfigKey.of(
          "message.timestamp.type",
          TIMESTAMP_TYPE,
          TimestampType.CREATE_TIME,
          "Whether a record has the time its producer gave it or the time of its append.");

  /** How old a timestamp may be. */
  public static final ConfigKey<Long> MESSAGE_TIMESTAMP_BEFORE_MAX_MS =
      ConfigKey.of(
              "message.timestamp.before.max.ms",
              ConfigTypes.DURATION,
              Long.MAX_VALUE,
              "How far behind the broker's clock a producer's timestamp may be.")
          .atLeast(0);

  /** How far in the future a timestamp may be. */
  public static final ConfigKey<Long> MESSAGE_TIMESTAMP_AFTER_MAX_MS =
      ConfigKey.of(
              "message.timestamp.after.max.ms",
              ConfigTypes.DURATION,
              3_600_000L,
              "How far ahead of the broker's clock a producer's timestamp may be.")
          .atLeast(0);

  /** How many replicas must be in sync. */
  public static final ConfigKey<Integer> MIN_INSYNC_REPLICAS =
      ConfigKey.of(
              "min.insync.replicas",
              ConfigTypes.INT,
              1,
              "While fewer replicas are in sync, acks=all is refused and nothing new becomes"
                  + " visible. Never more than the replication factor counts.")
          .between(1, 32_767);

  /** Whether a replica may lead that may lack records. */
  public static final ConfigKey<Boolean> UNCLEAN_LEADER_ELECTION_ENABLE =
      ConfigKey.of(
          "unclean.leader.election.enable",
          ConfigTypes.BOOLEAN,
          false,
          "Whether a replica that may lack acknowledged records is elected leader when no other"
              + " can be.");

  /** How the log is kept small. */
  public static final ConfigKey<List<CleanupPolicy>> CLEANUP_POLICY =
      ConfigKey.of(
          "cleanup.policy",
          CLEANUP_POLICIES.list(),
          List.of(CleanupPolicy.DELETE),
          "How the log is kept small: delete removes old segments by time and size, compact keeps"
              + " of each key the newest record alone. With both, what is compacted is deleted in"
              + " the end too.");

  /** How much must have been appended for a log to be compacted. */
  public static final ConfigKey<Double> MIN_CLEANABLE_DIRTY_RATIO =
      ConfigKey.of(
          "min.cleanable.dirty.ratio",
          ConfigTypes.RATIO,
          0.5,
          "A log is compacted once more than this share of its bytes was appended since the last"
              + " time.");

  /** How long records are left alone by compaction. */
  public static final ConfigKey<Long> MIN_COMPACTION_LAG_MS =
      ConfigKey.of(
              "min.compaction.lag.ms",
              ConfigTypes.DURATION,
              0L,
              "A record that is younger than this is left alone by compaction.")
          .atLeast(0);

  /** How long records may be left alone by compaction. */
  public static final ConfigKey<Long> MAX_COMPACTION_LAG_MS =
      ConfigKey.of(
              "max.compaction.lag.ms",
              ConfigTypes.DURATION,
              Long.MAX_VALUE,
              "A log with a record that is older than this and was never looked at by compaction is"
                  + " compacted whatever its dirty ratio.")
          .atLeast(1);

  /** How long tombstones stay. */
  public static final ConfigKey<Long> DELETE_RETENTION_MS =
      ConfigKey.of(
              "delete.retention.ms",
              ConfigTypes.DURATION,
              86_400_000L,
              "How long a record without a value stays in a compacted log, from the first"
                  + " compaction that meets it: the time that a reader has to go through the log and"
                  + " see each key that was deleted.")
          .atLeast(0);

  /** How long deleted files stay. */
  public static final ConfigKey<Long> FILE_DELETE_DELAY_MS =
      ConfigKey.of(
              "file.delete.delay.ms",
              ConfigTypes.DURATION,
              60_000L,
              "How long the files of deleted segments stay on the disk.")
          .atLeast(0);

  /** What counts as acknowledged. */
  public static final ConfigKey<FlushMode> FLUSH_MODE =
      ConfigKey.of(
          "flush.mode",
          FLUSH_MODES,
          FlushMode.OS,
          "What counts as acknowledged by a replica: os, what it has in its page cache; commit,"
              + " what it has synced to its disk.");

  /** What a topic can set. */
  public static final ConfigSchema SCHEMA =
      new ConfigSchema(
          "topic configuration",
          List.of(
              new ConfigSchema.Section(
                  "Topics",
                  List.of(
                      CLEANUP_POLICY,
                      MIN_CLEANABLE_DIRTY_RATIO,
                      MIN_COMPACTION_LAG_MS,
                      MAX_COMPACTION_LAG_MS,
                      DELETE_RETENTION_MS,
                      RETENTION_MS,
                      RETENTION_BYTES,
                      SEGMENT_BYTES,
                      SEGMENT_MS,
                      SEGMENT_INDEX_BYTES,
                      INDEX_INTERVAL_BYTES,
                      MAX_MESSAGE_BYTES,
                      MESSAGE_TIMESTAMP_TYPE,
                      MESSAGE_TIMESTAMP_BEFORE_MAX_MS,
                      MESSAGE_TIMESTAMP_AFTER_MAX_MS,
                      MIN_INSYNC_REPLICAS,
                      UNCLEAN_LEADER_ELECTION_ENABLE,
                      FLUSH_MODE,
                      FILE_DELETE_DELAY_MS))));

  private static final Map<ConfigKey<?>, ConfigKey<?>> BROKER_KEYS = brokerKeys();

  private TopicConfigs() {}

  /**
   * The broker's settings that hold where a topic sets nothing: a section of the broker's schema.
   */
  public static ConfigSchema.Section brokerDefaults() {
    return new ConfigSchema.Section("Defaults of topics", List.copyOf(BROKER_KEYS.values()));
  }

  /**
   * The broker's setting that holds where a topic sets nothing.
   *
   * @param topicKey a key of {@link #SCHEMA}
   */
  @SuppressWarnings("unchecked") // Made from the topic's key by brokerKeys().
  public static <T> ConfigKey<T> brokerKey(ConfigKey<T> topicKey) {
    ConfigKey<?> key = BROKER_KEYS.get(topicKey);
    if (key == null) {
      throw new IllegalArgumentException("no topic configuration: " + topicKey);
    }
    return (ConfigKey<T>) key;
  }

  /**
   * A topic's values in force: its own, else the broker's.
   *
   * @param own the topic's own configuration
   * @param broker settings of a schema that has {@link #brokerDefaults()}
   * @param ignored told of what is not understood of the topic's own configuration
   */
  public static EffectiveConfig effective(
      Map<String, String> own, EffectiveConfig broker, NotUnderstood ignored) {
    EffectiveConfig.Builder builder = EffectiveConfig.builder(SCHEMA);
    SCHEMA.keys().forEach(key -> builder.inherit(key, broker.setting(brokerKey(key))));
    return builder.putUnderstood(own, Origin.TOPIC, ignored).build();
  }

  private static Map<ConfigKey<?>, ConfigKey<?>> brokerKeys() {
    Map<ConfigKey<?>, ConfigKey<?>> keys = new LinkedHashMap<>();
    put(keys, CLEANUP_POLICY, "log.cleanup.policy");
    put(keys, MIN_CLEANABLE_DIRTY_RATIO, "log.cleaner.min.cleanable.ratio");
    put(keys, MIN_COMPACTION_LAG_MS, "log.cleaner.min.compaction.lag.ms");
    put(keys, MAX_COMPACTION_LAG_MS, "log.cleaner.max.compaction.lag.ms");
    put(keys, DELETE_RETENTION_MS, "log.cleaner.delete.retention.ms");
    put(keys, RETENTION_MS, "log.retention.ms");
    put(keys, RETENTION_BYTES, "log.retention.bytes");
    put(keys, SEGMENT_BYTES, "log.segment.bytes");
    put(keys, SEGMENT_MS, "log.roll.ms");
    put(keys, SEGMENT_INDEX_BYTES, "log.index.size.max.bytes");
    put(keys, INDEX_INTERVAL_BYTES, "log.index.interval.bytes");
    put(keys, MAX_MESSAGE_BYTES, "message.max.bytes");
    put(keys, MESSAGE_TIMESTAMP_TYPE, "log.message.timestamp.type");
    put(keys, MESSAGE_TIMESTAMP_BEFORE_MAX_MS, "log.message.timestamp.before.max.ms");
    put(keys, MESSAGE_TIMESTAMP_AFTER_MAX_MS, "log.message.timestamp.after.max.ms");
    put(keys, MIN_INSYNC_REPLICAS, "min.insync.replicas");
    put(keys, UNCLEAN_LEADER_ELECTION_ENABLE, "unclean.leader.election.enable");
    put(keys, FLUSH_MODE, "log.flush.mode");
    put(keys, FILE_DELETE_DELAY_MS, "log.segment.delete.delay.ms");
    return keys;
  }

  private static <T> void put(
      Map<ConfigKey<?>, ConfigKey<?>> keys, ConfigKey<T> topicKey, String brokerName) {
    keys.put(
        topicKey,
        topicKey.as(brokerName, "`" + topicKey.name() + "` of topics that don't set it."));
  }
}
