package io.millrace.client.internal;

import io.millrace.common.TopicIdPartition;

/**
 * The time for which a group gives a partition to this consumer: what is committed for it counts
 * only as long as that lasts. Ended by the consumer's thread, read by any.
 */
final class Tenure {
  private final TopicIdPartition partition;
  private final long incarnation;
  private volatile boolean over;

  /**
   * A time that begins.
   *
   * @param incarnation the membership to which it was given
   */
  Tenure(TopicIdPartition partition, long incarnation) {
    this.partition = partition;
    this.incarnation = incarnation;
  }

  TopicIdPartition partition() {
    return partition;
  }

  /** The partition is given up, or lost. */
  void end() {
    over = true;
  }

  /**
   * Whether a commit as this member is one of this time. Whoever asks has read the identity before:
   * a later membership begins only once all times of the former one are over.
   */
  boolean isOf(MemberIdentity member) {
    return !over && member.incarnation() == incarnation;
  }
}
