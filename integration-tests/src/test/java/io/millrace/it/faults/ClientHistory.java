package io.millrace.it.faults;

import io.millrace.common.TopicPartition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What clients did and saw, for the {@link HistoryChecker}: records sent and what became of them,
 * records read, high watermarks as they were told. Thread-safe; one lock.
 */
final class ClientHistory {
  /** Sent, and not answered yet. */
  static final long UNANSWERED = -1;

  /** Failed, and may be in the log all the same. */
  static final long IN_DOUBT = -2;

  /** Failed, and must not be in the log. */
  static final long REFUSED = -3;

  private final Map<Integer, Sent> producers = new TreeMap<>();
  private final Map<String, Map<TopicPartition, Contents>> consumers = new LinkedHashMap<>();
  private final List<Sample> samples = new ArrayList<>();

  /** The end of each partition as far as any client knows: what it was told can't be undone. */
  private final Map<TopicPartition, Long> knownEnds = new LinkedHashMap<>();

  private long acknowledged;
  private long failed;

  /** One producer's records by their numbers. */
  static final class Sent {
    private final List<TopicPartition> partitions = new ArrayList<>();
    private final LongList offsets = new LongList();

    int count() {
      return offsets.size();
    }

    TopicPartition partition(int number) {
      return partitions.get(number);
    }

    /** Where it was acknowledged, or one of the constants below 0. */
    long offset(int number) {
      return offsets.get(number);
    }
  }

  /** Offsets and what was found there, in the order in which they were found. */
  static final class Contents {
    private final LongList offsets = new LongList();
    private final LongList contents = new LongList();

    void add(long offset, long content) {
      offsets.add(offset);
      contents.add(content);
    }

    int count() {
      return offsets.size();
    }

    long offset(int index) {
      return offsets.get(index);
    }

    long content(int index) {
      return contents.get(index);
    }
  }

  /**
   * A high watermark that was asked for.
   *
   * @param knownBefore the end that some client knew before it was asked
   * @param told what was answered
   */
  record Sample(TopicPartition partition, long knownBefore, long told) {}

  /** A producer is about to send its next record; returns the record's number. */
  synchronized long sending(int producer, TopicPartition to) {
    Sent sent = producers.computeIfAbsent(producer, id -> new Sent());
    sent.partitions.add(to);
    sent.offsets.add(UNANSWERED);
    return sent.count() - 1L;
  }

  synchronized void acknowledged(int producer, long number, TopicPartition at, long offset) {
    answer(producer, number, offset);
    acknowledged++;
    know(at, offset + 1);
  }

  /** A record failed. */
  synchronized void failed(int producer, long number, boolean maybeAppended) {
    answer(producer, number, maybeAppended ? IN_DOUBT : REFUSED);
    failed++;
  }

  private void answer(int producer, long number, long outcome) {
    Sent sent = producers.get(producer);
    if (sent == null || sent.offsets.get((int) number) != UNANSWERED) {
      throw new IllegalStateException(
          RecordContent.text(RecordContent.of(producer, number)) + " is answered twice");
    }
    sent.offsets.set((int) number, outcome);
  }

  /** A consumer is to read a partition from its first record to its last. */
  synchronized void assigned(String consumer, TopicPartition partition) {
    consumers
        .computeIfAbsent(consumer, name -> new LinkedHashMap<>())
        .put(partition, new Contents());
  }

  /** A consumer was given a record of a partition that was {@link #assigned} to it. */
  synchronized void read(String consumer, TopicPartition from, long offset, long content) {
    Contents read = consumers.getOrDefault(consumer, Map.of()).get(from);
    if (read == null) {
      throw new IllegalStateException(from + " is not assigned to " + consumer);
    }
    read.add(offset, content);
    know(from, offset + 1);
  }

  /** The end of a partition as far as any client knows now. */
  synchronized long knownEnd(TopicPartition partition) {
    return knownEnds.getOrDefault(partition, 0L);
  }

  /**
   * A high watermark was told.
   *
   * @param knownBefore {@link #knownEnd} before it was asked for
   */
  synchronized void sampled(TopicPartition partition, long knownBefore, long told) {
    samples.add(new Sample(partition, knownBefore, told));
    know(partition, told);
  }

  private void know(TopicPartition partition, long end) {
    knownEnds.merge(partition, end, Math::max);
  }

  synchronized long acknowledged() {
    return acknowledged;
  }

  synchronized long failed() {
    return failed;
  }

  /** To be looked at once nobody adds anything. */
  synchronized Map<Integer, Sent> producers() {
    return producers;
  }

  synchronized Map<String, Map<TopicPartition, Contents>> consumers() {
    return consumers;
  }

  synchronized List<Sample> samples() {
    return samples;
  }
}
