package io.millrace.client.api;

import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads partitions that the caller chooses. Confined to one thread, but for {@link #wakeup}: all
 * its work is done inside the calls; only the network goes on meanwhile, within the byte credits of
 * {@link ConsumerConfig#creditBytes()}.
 */
public interface Consumer extends AutoCloseable {
  /**
   * Adds a partition, or moves one that it has, to a place. A place that is not an offset is looked
   * up while {@link #poll} is called.
   */
  void assign(TopicPartition partition, OffsetSpec from);

  /** Gives a partition up. */
  void unassign(TopicPartition partition);

  /** Moves an assigned partition to an offset; records already under way are dropped. */
  void seek(TopicPartition partition, long offset);

  /** The assigned partitions. */
  Set<TopicPartition> assignment();

  /**
   * The offset of the next record that {@link #poll} would return.
   *
   * @throws IllegalStateException if the partition is not assigned or its start is not known yet
   */
  long position(TopicPartition partition);

  /**
   * Returns records, in order within each partition: at once if there are some, else after waiting
   * up to the time-out.
   *
   * <p>A broker that is away is waited for, through any number of polls. What lasts as long as
   * {@link ClientConfig#requestTimeout()} is thrown once, and tried again by the next poll.
   *
   * @return at most {@link ConsumerConfig#maxPollRecords()} records, empty after the time-out or
   *     {@link #wakeup}
   * @throws MillraceException with {@code OFFSET_OUT_OF_RANGE} (unless {@link
   *     ConsumerConfig#outOfRange()} says where to go on), {@code CORRUPT_BATCH} (at once; its
   *     details name topic, partition and offset), {@code UNKNOWN_TOPIC}…; the consumer can be used
   *     on after a {@link #seek} or {@link #unassign}
   */
  List<ConsumerRecord> poll(Duration timeout);

  /**
   * What keeps a partition from being read, while every {@link #poll} tries again: a broker that
   * can't be reached, a leader that is not there. Empty when all of them are served.
   */
  Optional<MillraceException> trouble();

  /** Ends a {@link #poll} that is waiting, or the next one. Any thread. */
  void wakeup();

  /** Ends the streams. */
  @Override
  void close();
}
