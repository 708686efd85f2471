package io.millrace.common;

/**
 * Why something was refused: the Java face of {@code millrace.v1.ErrorCode}, name for name.
 *
 * <p>{@link #retriable} tells whether the same request may succeed later, perhaps after a refresh
 * of the metadata, without doubling anything an idempotent producer sent.
 */
public enum ErrorCode {
  INTERNAL(1, false),
  INVALID_REQUEST(2, false),
  UNSUPPORTED(3, false),
  REQUEST_TIMED_OUT(4, true),
  THROTTLED(5, true),
  UNAVAILABLE(6, true),
  REQUEST_TOO_LARGE(7, false),

  UNKNOWN_TOPIC(20, true),
  UNKNOWN_TOPIC_ID(21, false),
  UNKNOWN_PARTITION(22, true),
  TOPIC_ALREADY_EXISTS(23, false),
  INVALID_TOPIC_NAME(24, false),
  INVALID_PARTITION_COUNT(25, false),
  INVALID_REPLICATION_FACTOR(26, false),
  INVALID_CONFIG(27, false),
  POLICY_VIOLATION(28, false),
  INVALID_REPLICA_ASSIGNMENT(29, false),

  NOT_LEADER(40, true),
  LEADER_NOT_AVAILABLE(41, true),
  FENCED_LEADER_EPOCH(42, true),
  UNKNOWN_LEADER_EPOCH(43, true),
  OFFSET_OUT_OF_RANGE(44, false),
  OFFSET_NOT_AVAILABLE(45, true),
  NOT_ENOUGH_REPLICAS(46, true),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND(47, true),
  LOG_DIR_OFFLINE(48, true),

  CORRUPT_BATCH(60, true),
  BATCH_TOO_LARGE(61, false),
  DECOMPRESSED_TOO_LARGE(62, false),
  UNSUPPORTED_BATCH_FORMAT(63, false),
  INVALID_RECORD(64, false),
  INVALID_TIMESTAMP(65, false),
  OUT_OF_ORDER_SEQUENCE(66, false),
  INVALID_PRODUCER_EPOCH(67, false),
  DUPLICATE_SEQUENCE(68, false),
  PREVIOUS_FRAME_FAILED(69, true),
  TRANSACTIONS_NOT_ENABLED(70, false),
  INVALID_ACKS(71, false),

  NOT_CONTROLLER(80, true),
  OUTCOME_UNKNOWN(81, true),
  REQUEST_ID_REUSED(82, false),
  BROKER_ID_IN_USE(83, true),
  STALE_BROKER_EPOCH(84, false),
  STALE_PARTITION_EPOCH(85, false),
  INELIGIBLE_REPLICA(86, false),
  UNKNOWN_BROKER(87, false),
  NO_REASSIGNMENT_IN_PROGRESS(88, false),
  BROKER_NOT_AVAILABLE(89, true),
  PREFERRED_LEADER_NOT_AVAILABLE(90, true),

  NOT_COORDINATOR(100, true),
  COORDINATOR_NOT_AVAILABLE(101, true),
  COORDINATOR_LOADING(102, true),
  INVALID_GROUP_ID(103, false),
  UNKNOWN_GROUP(104, false),
  GROUP_NOT_EMPTY(105, false),
  GROUP_FULL(106, false),
  UNKNOWN_MEMBER_ID(107, false),
  FENCED_MEMBER_EPOCH(108, false),
  STALE_MEMBER_EPOCH(109, false),
  UNRELEASED_INSTANCE_ID(110, false),
  FENCED_INSTANCE_ID(111, false),
  UNSUPPORTED_ASSIGNOR(112, false),
  INVALID_REGULAR_EXPRESSION(113, false),
  GROUP_SUBSCRIBED_TO_TOPIC(114, false),
  OFFSET_METADATA_TOO_LARGE(115, false);

  private final int number;
  private final boolean retriable;

  ErrorCode(int number, boolean retriable) {
    this.number = number;
    this.retriable = retriable;
  }

  /** The number of the value in {@code millrace.v1.ErrorCode}. */
  public int number() {
    return number;
  }

  /** Whether the same request may succeed later. */
  public boolean retriable() {
    return retriable;
  }
}
