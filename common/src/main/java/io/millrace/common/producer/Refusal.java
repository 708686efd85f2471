package io.millrace.common.producer;

import io.millrace.common.ErrorCode;

/** What an error code means for the batch it was the answer to. */
enum Refusal {
  /** The same batch may get through later. */
  RETRY,
  /** The batch was in the log before and is no longer remembered: as good as acknowledged. */
  APPENDED_BEFORE,
  /** The log does not end where the producer thinks. */
  GAP,
  /** The batch can't get through; others may. */
  BATCH_LOST,
  /** Nothing can get through any more. */
  SESSION_LOST;

  static Refusal of(ErrorCode code, boolean idempotent) {
    return switch (code) {
      case DUPLICATE_SEQUENCE -> APPENDED_BEFORE;
      case OUT_OF_ORDER_SEQUENCE -> idempotent ? GAP : BATCH_LOST;
      case INVALID_PRODUCER_EPOCH, UNKNOWN_TOPIC_ID -> SESSION_LOST;
      default -> code.retriable() ? RETRY : BATCH_LOST;
    };
  }

  /**
   * Whether the code says for sure that this attempt appended nothing. Codes that can also end the
   * wait of an appended batch (leadership lost, log dir offline, time-outs) do not.
   */
  static boolean nothingAppended(ErrorCode code) {
    return switch (code) {
      case THROTTLED,
          INVALID_REQUEST,
          UNSUPPORTED,
          REQUEST_TOO_LARGE,
          UNKNOWN_TOPIC,
          UNKNOWN_PARTITION,
          FENCED_LEADER_EPOCH,
          UNKNOWN_LEADER_EPOCH,
          NOT_ENOUGH_REPLICAS,
          POLICY_VIOLATION,
          CORRUPT_BATCH,
          BATCH_TOO_LARGE,
          DECOMPRESSED_TOO_LARGE,
          UNSUPPORTED_BATCH_FORMAT,
          INVALID_RECORD,
          INVALID_TIMESTAMP,
          OUT_OF_ORDER_SEQUENCE,
          INVALID_PRODUCER_EPOCH,
          PREVIOUS_FRAME_FAILED,
          TRANSACTIONS_NOT_ENABLED,
          INVALID_ACKS ->
          true;
      default -> false;
    };
  }
}
