package io.millrace.client.api;

import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads partitions that the caller chooses ({@link #assign}), or its share of topics that it reads
 * together with the other consumers of a group ({@link #subscribe}).
 *
 * <p><b>Threads.</b> One thread at a time, except for {@link #wakeup}, {@link #metrics} and {@link
 * #close}, which any thread may call at any time. A second thread that comes in while another is
 * inside gets a {@link java.util.ConcurrentModificationException} that names it, and changes
 * nothing. All work is done inside the calls, listeners and callbacks included; only the network
 * goes on meanwhile, and stops when the byte credits of {@link ConsumerConfig#creditBytes()} are
 * used up: a consumer that is not polled holds no more than that for each broker. The signs of life
 * to the group are sent by a thread of the client.
 *
 * <p><b>Groups.</b> Each partition of the topics is read by one consumer of the group; when
 * consumers come and go, only the partitions that change hands are stopped. A consumer that dies
 * loses its partitions after its session time-out, one that does not poll for {@link
 * GroupConfig#maxPollInterval()} as well, until it polls again. Partitions are read from where the
 * group has committed; every record is processed at least once if what is committed was processed.
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
  /** How long {@link #close()} takes at most. */
  Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  /**
   * Adds a partition, or moves one that it has, to a place. A place that is not an offset is looked
   * up while {@link #poll} is called.
   *
   * @throws IllegalStateException while it is subscribed: then the group assigns
   */
  void assign(TopicPartition partition, OffsetSpec from);

  /**
   * Gives a partition up, with its place and what was read ahead.
   *
   * @throws IllegalStateException while it is subscribed: then the group assigns
   */
  void unassign(TopicPartition partition);

  /**
   * Joins the group of {@link ConsumerConfig#group()}, or changes what it reads with it: these
   * topics, and no others. Returns at once; the partitions come while {@link #poll} is called.
   *
   * @param topics by name; those that do not exist are waited for
   * @throws IllegalArgumentException if there is none, or an empty name among them
   * @throws IllegalStateException without a group, or while partitions are assigned by {@link
   *     #assign}
   */
  default void subscribe(Collection<String> topics) {
    subscribe(topics, new RebalanceListener() {});
  }

  /**
   * The same.
   *
   * @param listener told of partitions that come and go
   */
  void subscribe(Collection<String> topics, RebalanceListener listener);

  /**
   * The same for all topics whose whole name matches, those that come later included, but internal
   * ones.
   *
   * @param regex in RE2's syntax, at most 1,000 characters; the coordinator checks it, and {@link
   *     #poll} throws {@code INVALID_REGULAR_EXPRESSION}
   */
  default void subscribeMatching(String regex) {
    subscribeMatching(regex, new RebalanceListener() {});
  }

  /**
   * The same.
   *
   * @param listener told of partitions that come and go
   */
  void subscribeMatching(String regex, RebalanceListener listener);

  /**
   * Leaves the group, if it is in one: what was processed is committed as by {@link #close}, the
   * listener told. Partitions that were assigned by {@link #assign} are given up as well.
   */
  void unsubscribe();

  /**
   * The topics that were subscribed to by name; empty without or with {@link #subscribeMatching}.
   */
  Set<String> subscription();

  /**
   * Commits the places of all assigned partitions, as {@link #position} tells them: everything that
   * {@link #poll} returned counts as processed. Waits until it is done, at most {@link
   * ClientConfig#requestTimeout()}.
   *
   * @throws MillraceException as {@link #commitSync(Map)}
   */
  void commitSync();

  /**
   * Commits places. Earlier commits are done before. Waits until it is done, and tries again what
   * can be, at most {@link ClientConfig#requestTimeout()}.
   *
   * @param offsets of assigned partitions; of any while nothing is subscribed to, which is refused
   *     while the group has members
   * @throws MillraceException with {@code STALE_MEMBER_EPOCH}, {@code UNKNOWN_MEMBER_ID} or {@code
   *     FENCED_MEMBER_EPOCH} if the partitions are this consumer's no more: others go on at what
   *     was committed before; {@code OFFSET_METADATA_TOO_LARGE}, {@code UNKNOWN_TOPIC}; what lasted
   *     until the time-out. Partitions that are not named in the details {@code partitions} may be
   *     committed
   * @throws IllegalStateException without a group, or if a partition is not assigned while it is
   *     subscribed
   */
  void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets);

  /** As {@link #commitSync()}, without waiting; commits are carried out in order. */
  void commitAsync(CommitCallback callback);

  /** As {@link #commitSync(Map)}, without waiting; commits are carried out in order. */
  void commitAsync(Map<TopicPartition, OffsetAndMetadata> offsets, CommitCallback callback);

  /**
   * What the group has committed last, by whichever consumer. Asks the coordinator, and waits at
   * most {@link ClientConfig#requestTimeout()}.
   *
   * @return only partitions that have something committed
   * @throws IllegalStateException without a group
   */
  Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions);

  /**
   * Moves an assigned partition to an offset; records already under way are dropped. An offset that
   * the log does not have is found out by {@link #poll}: see {@link ConsumerConfig#offsetReset()}.
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
   *     <p>With a group, this is where partitions come and go and the {@link RebalanceListener} is
   *     called, before anything is returned. What the group's coordinator refuses for good (a bad
   *     group id, an unknown assignor, an instance id that another consumer has taken over) is
   *     thrown by every poll until {@link #subscribe} or {@link #unsubscribe}.
   * @return at most {@link ConsumerConfig#maxPollRecords()} records, empty after the time-out or
   *     {@link #wakeup}
   * @throws MillraceException with {@code OFFSET_OUT_OF_RANGE} (unless {@link
   *     ConsumerConfig#offsetReset()} says where to go on), {@code CORRUPT_BATCH} (its details name
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
   * Ends the streams and forgets the partitions. Any thread, any number of times: a {@link #poll}
   * of another thread returns what it has, at once, and the streams end with it.
   *
   * <p>A member of a group first commits what was processed, if it commits by itself, then tells
   * the listener of the partitions that it gives up, and leaves: others have them at once (a static
   * member leaves them where they are for its session time-out). The records that the last poll
   * returned do not count as processed, as nothing says so: who has processed them calls {@link
   * #commitSync()} before. That takes at most {@link #CLOSE_TIMEOUT}; without a group this never
   * blocks.
   */
  @Override
  default void close() {
    close(CLOSE_TIMEOUT);
  }

  /**
   * The same.
   *
   * @param timeout the most time to commit and to leave; what is not done then is given up
   */
  void close(Duration timeout);
}
