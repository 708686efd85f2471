package io.millrace.broker.rpc;

import io.millrace.common.TopicPartition;

/**
 * After which partition a page of partitions begins, and how its token tells it.
 *
 * @param topic the topic of the last partition of the page before; empty before the first page
 * @param partition its number
 */
record PartitionPlace(String topic, int partition) {
  /** Between number and topic; no topic's name has it. */
  private static final char SEPARATOR = '/';

  /**
   * The place that a token tells.
   *
   * @throws io.millrace.common.MillraceException if it is none
   */
  static PartitionPlace of(String token) {
    String last = Pages.last(token);
    if (last.isEmpty()) {
      return new PartitionPlace("", -1);
    }
    int separator = last.indexOf(SEPARATOR);
    try {
      return new PartitionPlace(
          last.substring(separator + 1), Integer.parseInt(last.substring(0, separator)));
    } catch (IndexOutOfBoundsException | NumberFormatException malformed) {
      throw Pages.noToken(token);
    }
  }

  /** The token of the page after a partition. */
  static String token(TopicPartition last) {
    return Pages.token(last.partition() + "" + SEPARATOR + last.topic());
  }

  /** Whether a partition comes after this place. */
  boolean isBefore(TopicPartition name) {
    int byTopic = topic.compareTo(name.topic());
    return byTopic < 0 || (byTopic == 0 && partition < name.partition());
  }
}
