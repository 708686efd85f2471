package io.millrace.broker.group;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.image.PartitionImage;
import java.util.Map;
import java.util.TreeMap;

/** What requests are told that no coordinator here answers. Stateless. */
final class CoordinatorErrors {
  private CoordinatorErrors() {}

  /**
   * This broker does not coordinate the groups of a partition.
   *
   * @param leaderId who does as far as one knows here, or {@link PartitionImage#NO_BROKER}
   */
  static MillraceError notCoordinator(int brokerId, int partition, int leaderId) {
    boolean known = leaderId != PartitionImage.NO_BROKER && leaderId != brokerId;
    Map<String, String> details = new TreeMap<>(Map.of("partition", "" + partition));
    if (known) {
      details.put("coordinator_id", "" + leaderId);
    }
    return new MillraceError(
        ErrorCode.NOT_COORDINATOR,
        "broker "
            + brokerId
            + " does not coordinate the groups of "
            + name(partition)
            + (known ? "; broker " + leaderId + " does" : ""),
        details);
  }

  /** Nobody coordinates any group yet. */
  static MillraceError noTopic() {
    return new MillraceError(
        ErrorCode.NOT_COORDINATOR,
        "there is no topic "
            + OffsetsTopic.NAME
            + " yet (expected: the coordinator to be looked for with FindCoordinator)");
  }

  /** This broker is about to lead the partition. */
  static MillraceError loading(int partition) {
    return new MillraceError(
        ErrorCode.COORDINATOR_LOADING,
        "the coordinator of " + name(partition) + " begins; try again");
  }

  /** Too many requests wait. */
  static MillraceError throttled(TopicPartition partition, int most) {
    return new MillraceError(
        ErrorCode.THROTTLED,
        "requests that wait for the coordinator of "
            + partition
            + ": "
            + most
            + " (expected: fewer; try again)");
  }

  /** The call's time was over before its turn came; nothing was changed. */
  static MillraceError timedOut() {
    return new MillraceError(
        ErrorCode.REQUEST_TIMED_OUT, "the call's time was over before it was begun");
  }

  /** The log has something that this version can't make anything of. */
  static MillraceError unreadable(TopicPartition partition, String why) {
    return new MillraceError(
        ErrorCode.COORDINATOR_NOT_AVAILABLE,
        "the groups of " + partition + " can't be read (the broker's log says more): " + why);
  }

  /**
   * What the commands in an append are told that was refused, or did not get its acks in time.
   *
   * @param cause the partition's refusal
   * @param maybeWritten whether it may be committed yet
   */
  static MillraceError notAppended(
      TopicPartition partition, MillraceError cause, boolean maybeWritten) {
    if (maybeWritten) {
      return new MillraceError(
          ErrorCode.OUTCOME_UNKNOWN,
          "what was written to " + partition + " may be committed or not: " + cause.message(),
          cause.details());
    }
    return cause.code() == ErrorCode.THROTTLED
        ? cause
        : new MillraceError(
            ErrorCode.COORDINATOR_NOT_AVAILABLE,
            "could not write to " + partition + ": " + cause.message(),
            cause.details());
  }

  private static String name(int partition) {
    return OffsetsTopic.NAME + "-" + partition;
  }
}
