package io.millrace.broker.log;

import io.millrace.common.FlushMode;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;

/**
 * The settings of one partition's log, typed. Names and defaults are Kafka's where there is one.
 *
 * @param segmentBytes {@code segment.bytes}: a segment is rolled before it grows beyond
 * @param segmentMs {@code segment.ms}: a segment is rolled when a batch comes that is this much
 *     younger than its first, in milliseconds
 * @param segmentIndexBytes {@code segment.index.bytes}: largest size of each index of a segment; a
 *     full index rolls it
 * @param indexIntervalBytes {@code index.interval.bytes}: bytes of batches between index entries
 * @param retentionMs {@code retention.ms}, -1 for ever
 * @param retentionBytes {@code retention.bytes} of the partition, -1 for no bound
 * @param fileDeleteDelayMs {@code file.delete.delay.ms}: from detaching a segment to deleting it
 * @param flushMode {@code flush.mode}
 * @param producerIdExpirationMs {@code producer.id.expiration.ms}
 * @param producerBatches how many batches are remembered of each producer (S28)
 * @param compaction {@code cleanup.policy} and how the log is compacted
 */
public record LogConfig(
    int segmentBytes,
    long segmentMs,
    int segmentIndexBytes,
    int indexIntervalBytes,
    long retentionMs,
    long retentionBytes,
    long fileDeleteDelayMs,
    FlushMode flushMode,
    long producerIdExpirationMs,
    int producerBatches,
    CompactionConfig compaction) {
  /** The defaults. */
  public static final LogConfig DEFAULT = new Builder().build();

  /** The smallest index: room for the entry of a batch and the one that ends a segment. */
  private static final int MIN_INDEX_BYTES = 2 * TimeIndex.ENTRY_BYTES;

  public LogConfig {
    require(segmentBytes >= 1, "segment.bytes", segmentBytes);
    require(segmentMs >= 1, "segment.ms", segmentMs);
    require(segmentIndexBytes >= MIN_INDEX_BYTES, "segment.index.bytes", segmentIndexBytes);
    require(indexIntervalBytes >= 0, "index.interval.bytes", indexIntervalBytes);
    require(retentionMs >= -1, "retention.ms", retentionMs);
    require(retentionBytes >= -1, "retention.bytes", retentionBytes);
    require(fileDeleteDelayMs >= 0, "file.delete.delay.ms", fileDeleteDelayMs);
    require(producerIdExpirationMs >= 1, "producer.id.expiration.ms", producerIdExpirationMs);
    require(producerBatches >= 1, "producer batches", producerBatches);
  }

  private static void require(boolean holds, String name, long value) {
    if (!holds) {
      throw new IllegalArgumentException(name + ": " + value + " is out of bounds");
    }
  }

  /**
   * The settings of a topic in force.
   *
   * @param topic values of {@link TopicConfigs#SCHEMA}
   * @param producerIdExpirationMs the broker's {@code producer.id.expiration.ms}
   * @param producerBatches how many batches are remembered of each producer
   */
  public static LogConfig from(
      EffectiveConfig topic, long producerIdExpirationMs, int producerBatches) {
    return new Builder()
        .segmentBytes(topic.get(TopicConfigs.SEGMENT_BYTES))
        .segmentMs(topic.get(TopicConfigs.SEGMENT_MS))
        .segmentIndexBytes(topic.get(TopicConfigs.SEGMENT_INDEX_BYTES))
        .indexIntervalBytes(topic.get(TopicConfigs.INDEX_INTERVAL_BYTES))
        .retentionMs(topic.get(TopicConfigs.RETENTION_MS))
        .retentionBytes(topic.get(TopicConfigs.RETENTION_BYTES))
        .fileDeleteDelayMs(topic.get(TopicConfigs.FILE_DELETE_DELAY_MS))
        .flushMode(topic.get(TopicConfigs.FLUSH_MODE))
        .producerIdExpirationMs(producerIdExpirationMs)
        .producerBatches(producerBatches)
        .compaction(CompactionConfig.from(topic))
        .build();
  }

  /** These settings to change some of. */
  public Builder toBuilder() {
    return new Builder()
        .segmentBytes(segmentBytes)
        .segmentMs(segmentMs)
        .segmentIndexBytes(segmentIndexBytes)
        .indexIntervalBytes(indexIntervalBytes)
        .retentionMs(retentionMs)
        .retentionBytes(retentionBytes)
        .fileDeleteDelayMs(fileDeleteDelayMs)
        .flushMode(flushMode)
        .producerIdExpirationMs(producerIdExpirationMs)
        .producerBatches(producerBatches)
        .compaction(compaction);
  }

  /** Collects settings; begins with the defaults. */
  public static final class Builder {
    private static final long DAY_MS = 24L * 60 * 60 * 1000;

    private int segmentBytes = 1 << 30;
    private long segmentMs = 7 * DAY_MS;
    private int segmentIndexBytes = 10 << 20;
    private int indexIntervalBytes = 4096;
    private long retentionMs = 7 * DAY_MS;
    private long retentionBytes = -1;
    private long fileDeleteDelayMs = 60_000;
    private FlushMode flushMode = FlushMode.OS;
    private long producerIdExpirationMs = DAY_MS;
    private int producerBatches = 64;
    private CompactionConfig compaction = CompactionConfig.DELETE;

    public Builder segmentBytes(int value) {
      segmentBytes = value;
      return this;
    }

    public Builder segmentMs(long value) {
      segmentMs = value;
      return this;
    }

    public Builder segmentIndexBytes(int value) {
      segmentIndexBytes = value;
      return this;
    }

    public Builder indexIntervalBytes(int value) {
      indexIntervalBytes = value;
      return this;
    }

    public Builder retentionMs(long value) {
      retentionMs = value;
      return this;
    }

    public Builder retentionBytes(long value) {
      retentionBytes = value;
      return this;
    }

    public Builder fileDeleteDelayMs(long value) {
      fileDeleteDelayMs = value;
      return this;
    }

    public Builder flushMode(FlushMode value) {
      flushMode = value;
      return this;
    }

    public Builder producerIdExpirationMs(long value) {
      producerIdExpirationMs = value;
      return this;
    }

    public Builder producerBatches(int value) {
      producerBatches = value;
      return this;
    }

    public Builder compaction(CompactionConfig value) {
      compaction = value;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if one is out of bounds
     */
    public LogConfig build() {
      return new LogConfig(
          segmentBytes,
          segmentMs,
          segmentIndexBytes,
          indexIntervalBytes,
          retentionMs,
          retentionBytes,
          fileDeleteDelayMs,
          flushMode,
          producerIdExpirationMs,
          producerBatches,
          compaction);
    }
  }
}
