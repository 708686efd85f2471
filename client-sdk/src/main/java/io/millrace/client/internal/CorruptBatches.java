package io.millrace.client.internal;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import java.util.HashMap;
import java.util.Map;

/** How a reader is told of a batch that can't be read, wherever that was found. */
final class CorruptBatches {
  private CorruptBatches() {}

  /** The broker does not serve the next batch of a subscription. */
  static MillraceError served(Subscription subscription, MillraceError refusal) {
    long position = subscription.position();
    String told = refusal.details().getOrDefault("offset", "");
    long offset = told.matches("\\d{1,18}") ? Long.parseLong(told) : position;
    MillraceError error = at(subscription.partition(), offset, position, refusal.message());
    // The broker's details may have names that mean something else there.
    Map<String, String> details = new HashMap<>(refusal.details());
    details.putAll(error.details());
    return new MillraceError(error.code(), error.message(), details);
  }

  /**
   * A batch is corrupt.
   *
   * @param offset its base offset, as far as can be told
   * @param position the offset of the record that was to be read next
   */
  static MillraceError at(TopicPartition partition, long offset, long position, String defect) {
    return located(
        ErrorCode.CORRUPT_BATCH,
        partition
            + ": the batch at offset "
            + offset
            + " is corrupt: "
            + defect
            + " (everything before offset "
            + position
            + " was read; to go on, seek to an offset after the batch)",
        partition,
        offset,
        position);
  }

  /** A batch unpacks to more than this reader takes. */
  static MillraceError tooLarge(
      TopicPartition partition, long offset, long position, MillraceError error) {
    return located(
        ErrorCode.DECOMPRESSED_TOO_LARGE,
        partition
            + ": the batch at offset "
            + offset
            + " is refused: "
            + error.message()
            + " (to read it, raise maxDecompressedBytes; to go on, seek to an offset after it)",
        partition,
        offset,
        position);
  }

  private static MillraceError located(
      ErrorCode code, String message, TopicPartition partition, long offset, long position) {
    return new MillraceError(
        code,
        message,
        Map.of(
            "topic", partition.topic(),
            "partition", Integer.toString(partition.partition()),
            "offset", Long.toString(offset),
            "position", Long.toString(position)));
  }
}
