package io.millrace.client.api;

import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads partitions that the caller chooses.
 *
 * <p><b>Threads.</b> One thread at a time, except for {@link #wakeup}, {@link #metrics} and {@link
 * #close}, which any thread may call at any time. A second thread that comes in while another is
 * inside gets a {@link java.util.ConcurrentModificationException} that names it, and changes
 * nothing. All work is done inside the calls; only the network goes on meanwhile, and stops when
 * the byte credits of {@link ConsumerConfig#creditBytes()} are used up: a consumer that is not
 * polled holds no more than that for each broker.
 *
 * <p><b>Order.</b> Records of a partition come in the order of their offsets, each once for as long
 * as the caller does not seek back; a broker that is lost and found again changes nothing in that.
 * Between partitions there is no order.
 *
 * <p>After {@link #close} every call but {@code wakeup}, {@code metrics} and {@code close} throws
 * {@link IllegalStateException}. Calls that name a partition throw it as well if the partition is
 * not assigned.
 */
public interface Consumer extends AutoCloseable {
  /**
   * Adds a partition, or moves one that it has, to a place. A place that is not an offset is looked
   * up while {@link #poll} is called.
   */
  void assign(TopicPartition partition, OffsetSpec from);

  /** Gives a partition up, with its place and what was read ahead. */
  void unassign(TopicPartition partition);

  /**
   * Moves an assigned partition to an offset; records already under way are dropped. An offset that
   * the log does not have is found out by {@link #poll}: see {@link ConsumerConfig#outOfRange()}.
   *
   * @param offset from 0
   * @throws IllegalArgumentException if it is below 0
   */
  default void seek(TopicPartition partition, long offset) {
    seek(partition, OffsetSpec.offset(offset));
  }

  /**
   * Moves an assigned partition to a place. A place that is not an offset is looked up while {@link
   * #poll} is called; until it is found, {@link #position} is not known.
   */
  void seek(TopicPartition partition, OffsetSpec place);

  /** Moves an assigned partition to the first record that is kept. */
  default void seekToBeginning(TopicPartition partition) {
    seek(partition, OffsetSpec.earliest());
  }

  /** Moves an assigned partition to its end: to the records that come from now on. */
  default void seekToEnd(TopicPartition partition) {
    seek(partition, OffsetSpec.latest());
  }

  /** The assigned partitions, paused ones included. */
  Set<TopicPartition> assignment();

  /**
   * Stops a partition until {@link #resume}: {@link #poll} returns none of its records, its broker
   * sends no more, and other partitions go on. Its place stays, and nothing is lost. What was read
   * ahead is kept as far as it takes no more than half of the credits from the other partitions;
   * beyond that it is dropped and read again later. Pausing twice is pausing once; a {@link #seek}
   * leaves it paused.
   */
  void pause(TopicPartition partition);

  /** Lets a paused partition go on where it stopped; no effect on one that is not paused. */
  void resume(TopicPartition partition);

  /** The paused partitions. */
  Set<TopicPartition> paused();

  /**
   * The offset of the next record that {@link #poll} would return.
   *
   * @throws IllegalStateException if the partition is not assigned or its start is not known yet
   */
  long position(TopicPartition partition);

  /**
   * How far a partition is behind: the high watermark that its broker told last, less {@link
   * #position}, and at least 0. Brokers tell it with every message and when it moves; this call
   * asks nobody, and what was told is looked at inside {@link #poll} only. The number is in
   * offsets: of a compacted topic there are fewer records.
   *
   * @return empty while the broker has told nothing yet or the position is being looked up
   */
  OptionalLong lag(TopicPartition partition);

  /**
   * Returns records, in order within each partition: at once if there are some, else after waiting
   * up to the time-out.
   *
   * <p>A broker that is away is waited for, through any number of polls. What lasts as long as
   * {@link ClientConfig#requestTimeout()} is thrown once, and tried again by the next poll.
   *
   * <p>What fails a partition for good is thrown by every poll, before any record, until the
   * partition is moved by {@link #seek} or given up: no partition stops unnoticed.
   *
   * @param timeout zero to return at once; what is looked up or fetched meanwhile, later polls find
   * @return at most {@link ConsumerConfig#maxPollRecords()} records, empty after the time-out or
   *     {@link #wakeup}
   * @throws MillraceException with {@code OFFSET_OUT_OF_RANGE} (unless {@link
   *     ConsumerConfig#outOfRange()} says where to go on), {@code CORRUPT_BATCH} (its details name
   *     topic, partition and offset), {@code DECOMPRESSED_TOO_LARGE}, {@code UNKNOWN_TOPIC}, {@code
   *     UNKNOWN_TOPIC_ID} when the topic was deleted under its reader…; no record is lost by an
   *     exception: those read before it were returned
   */
  List<ConsumerRecord> poll(Duration timeout);

  /**
   * What keeps a partition from being read, while every {@link #poll} tries again: a broker that
   * can't be reached, a leader that is not there. Empty when all of them are served.
   */
  Optional<MillraceException> trouble();

  /** What it did and where it stands. Any thread; the cost grows with the partitions. */
  ConsumerMetrics metrics();

  /**
   * Ends a {@link #poll} that is waiting, or the next one, which then returns what it has. Several
   * calls before that end one poll. Any thread.
   */
  void wakeup();

  /**
   * Ends the streams and forgets the partitions. Any thread, any number of times, never blocks: a
   * {@link #poll} of another thread returns what it has, at once, and the streams end with it.
   */
  @Override
  void close();
}
