package io.millrace.broker.rpc;

import io.millrace.broker.replica.PartitionConfig;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TimestampType;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import io.millrace.common.record.BatchLimits;
import io.millrace.common.record.BatchValidation;
import io.millrace.common.record.BatchValidator;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.time.Clock;
import java.nio.ByteBuffer;

/**
 * What every way of producing does with a request and a batch before a partition sees it.
 * Thread-safe.
 */
final class BatchIntake {
  private final Clock clock;
  private final long maxDecompressedBytes;
  private final long defaultTimeoutMs;
  private final long maxTimeoutMs;

  BatchIntake(Clock clock, long maxDecompressedBytes, long defaultTimeoutMs, long maxTimeoutMs) {
    this.clock = clock;
    this.maxDecompressedBytes = maxDecompressedBytes;
    this.defaultTimeoutMs = defaultTimeoutMs;
    this.maxTimeoutMs = maxTimeoutMs;
  }

  /** Judges a batch by its topic's rules. */
  BatchValidation validate(PartitionHost host, ByteBuffer batch) {
    return BatchValidator.validate(batch, limits(host.config()));
  }

  private BatchLimits limits(PartitionConfig config) {
    EffectiveConfig topic = config.topic();
    BatchLimits limits =
        new BatchLimits(
            topic.get(TopicConfigs.MAX_MESSAGE_BYTES),
            maxDecompressedBytes,
            config.log().compaction().compact());
    return config.timestampType() == TimestampType.LOG_APPEND_TIME
        ? limits
        : limits.withTimestampsAround(
            clock.wallMs(),
            topic.get(TopicConfigs.MESSAGE_TIMESTAMP_BEFORE_MAX_MS),
            topic.get(TopicConfigs.MESSAGE_TIMESTAMP_AFTER_MAX_MS));
  }

  /** The base sequence of what may be a batch, or -1. */
  static int baseSequence(ByteBuffer batch) {
    return batch.remaining() < RecordBatch.HEADER_BYTES
        ? RecordBatch.NO_SEQUENCE
        : RecordBatch.at(batch, batch.position()).baseSequence();
  }

  /**
   * The acks of a request.
   *
   * @throws io.millrace.common.MillraceException with INVALID_ACKS if there are none
   */
  static Acks acks(io.millrace.proto.v1.Acks acks) {
    return switch (acks) {
      case ACKS_NONE -> Acks.NONE;
      case ACKS_LEADER -> Acks.LEADER;
      case ACKS_ALL -> Acks.ALL;
      case ACKS_UNSPECIFIED, UNRECOGNIZED ->
          throw new MillraceError(
                  ErrorCode.INVALID_ACKS,
                  "acks: " + acks + " (expected: ACKS_NONE, ACKS_LEADER or ACKS_ALL)")
              .exception();
    };
  }

  /** Refuses what is reserved for transactions. */
  static void requireNoTransaction(String transactionalId) {
    if (!transactionalId.isEmpty()) {
      throw new MillraceError(
              ErrorCode.TRANSACTIONS_NOT_ENABLED,
              "transactional_id: "
                  + transactionalId
                  + " (expected: empty; there are no transactions yet)")
          .exception();
    }
  }

  /**
   * How long a request may wait for its acks, in milliseconds: what it asks for within the server's
   * bound.
   *
   * @param askedMs 0 for the server's default
   */
  long timeoutMs(int askedMs) {
    return Math.min(
        Requests.notNegative("timeout_ms", askedMs) == 0 ? defaultTimeoutMs : askedMs,
        maxTimeoutMs);
  }

  /** When a batch that comes now is given up, on the monotonic clock. */
  long deadlineMs(long timeoutMs) {
    return clock.monotonicMs() + timeoutMs;
  }
}
