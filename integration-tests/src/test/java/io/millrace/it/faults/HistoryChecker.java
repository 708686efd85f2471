package io.millrace.it.faults;

import io.millrace.common.TopicPartition;
import io.millrace.it.faults.ClientHistory.Contents;
import io.millrace.it.faults.ClientHistory.Sample;
import io.millrace.it.faults.ClientHistory.Sent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Says what in a history can't be: given what clients did and saw, what a reader finds in the end
 * from each partition's first record to its last, and the replicas' logs. For topics from which
 * nothing is deleted or compacted away. Confined to one thread, used once.
 */
final class HistoryChecker {
  /** What can be wrong. */
  enum Kind {
    /** Acknowledged, and not where it was acknowledged. */
    LOST,
    /** In the log, and passed over by a consumer. */
    UNSEEN,
    DUPLICATE,
    /** Behind a record that its producer sent later, or given to a consumer behind a later one. */
    REORDERED,
    /** One offset at which two records were told or found. */
    TWO_CONTENTS,
    /** In the log, though it was refused or never sent. */
    NEVER_SENT,
    /** A consumer had a record, or a client knew of an end, that was not there afterwards. */
    ABOVE_HIGH_WATERMARK,
    LOGS_DIFFER
  }

  /** So many of a kind are told. */
  private static final int TOLD = 10;

  private static final long NOWHERE = -1;

  /** Something that can't be. */
  record Violation(Kind kind, String what) {
    @Override
    public String toString() {
      return kind + ": " + what;
    }
  }

  private final ClientHistory history;

  /** What was found in the end. */
  private final Map<TopicPartition, Contents> logs;

  /** Where each producer's records were found first, by their numbers. */
  private final Map<Integer, long[]> places = new HashMap<>();

  private final List<Violation> violations = new ArrayList<>();
  private final Map<Kind, Integer> counts = new EnumMap<>(Kind.class);

  private HistoryChecker(ClientHistory history, Map<TopicPartition, Contents> logs) {
    this.history = history;
    this.logs = logs;
  }

  /**
   * Everything that is wrong, the first of each kind.
   *
   * @param logs what a reader found in each partition, from the first record to the last
   * @param replicas the replicas' logs of each partition, once they are in sync
   */
  static List<Violation> violations(
      ClientHistory history,
      Map<TopicPartition, Contents> logs,
      Map<TopicPartition, ? extends Collection<ReplicaLog>> replicas) {
    HistoryChecker checker = new HistoryChecker(history, logs);
    history.producers().forEach((id, sent) -> checker.places.put(id, nowhere(sent.count())));
    logs.forEach(checker::checkLog);
    history.producers().forEach(checker::checkAcknowledged);
    history
        .consumers()
        .forEach((name, all) -> all.forEach((p, read) -> checker.checkReads(name, p, read)));
    history.samples().forEach(checker::checkSample);
    replicas.forEach((partition, all) -> checker.checkReplicas(partition, List.copyOf(all)));
    checker.counts.forEach(checker::tellMore);
    return checker.violations;
  }

  private static long[] nowhere(int count) {
    long[] places = new long[count];
    Arrays.fill(places, NOWHERE);
    return places;
  }

  private void checkLog(TopicPartition partition, Contents log) {
    Map<Integer, Long> last = new HashMap<>();
    for (int i = 0; i < log.count(); i++) {
      long content = log.content(i);
      long offset = log.offset(i);
      long expected = i == 0 ? 0 : log.offset(i - 1) + 1;
      if (offset != expected) {
        tell(Kind.LOST, partition, expected, "the reader was given " + offset + " instead");
      }
      long[] own = places.get(RecordContent.producer(content));
      long number = RecordContent.number(content);
      if (content < 0 || own == null || number >= own.length || !mayBe(content, partition)) {
        tell(Kind.NEVER_SENT, partition, offset, RecordContent.text(content));
        continue;
      }
      if (own[(int) number] != NOWHERE) {
        tell(
            Kind.DUPLICATE,
            partition,
            offset,
            RecordContent.text(content) + ", as at " + own[(int) number]);
      } else {
        own[(int) number] = offset;
      }
      Long before = last.put(RecordContent.producer(content), number);
      if (before != null && before > number) {
        tell(
            Kind.REORDERED,
            partition,
            offset,
            RecordContent.text(content) + " behind record " + before);
      }
    }
  }

  private boolean mayBe(long content, TopicPartition partition) {
    Sent sent = history.producers().get(RecordContent.producer(content));
    int number = (int) RecordContent.number(content);
    return sent != null
        && sent.partition(number).equals(partition)
        && sent.offset(number) != ClientHistory.REFUSED;
  }

  private void checkAcknowledged(int producer, Sent sent) {
    long[] found = places.getOrDefault(producer, new long[0]);
    for (int number = 0; number < sent.count(); number++) {
      long offset = sent.offset(number);
      if (offset >= 0 && found[number] != offset) {
        TopicPartition partition = sent.partition(number);
        String what = RecordContent.text(RecordContent.of(producer, number));
        if (found[number] == NOWHERE) {
          tell(Kind.LOST, partition, offset, what + " was acknowledged here, and is nowhere");
        }
        long other = contentAt(partition, offset);
        if (other != NOWHERE) {
          tell(
              Kind.TWO_CONTENTS,
              partition,
              offset,
              what + " was acknowledged here, where " + RecordContent.text(other) + " is");
        }
      }
    }
  }

  /** Offsets follow each other: if they do not, that is told of the log itself. */
  private long contentAt(TopicPartition partition, long offset) {
    Contents log = logs.get(partition);
    return log != null && offset < log.count() ? log.content((int) offset) : NOWHERE;
  }

  private void checkReads(String consumer, TopicPartition partition, Contents read) {
    long next = 0;
    for (int i = 0; i < read.count(); i++) {
      long offset = read.offset(i);
      if (offset > next) {
        tell(Kind.UNSEEN, partition, next, consumer + " was given " + offset + " next");
      } else if (offset < next) {
        boolean twice = offset == next - 1;
        tell(
            twice ? Kind.DUPLICATE : Kind.REORDERED,
            partition,
            offset,
            consumer + " was given it after " + (next - 1));
      }
      next = Math.max(next, offset + 1);
      long content = contentAt(partition, offset);
      if (content == NOWHERE) {
        tell(
            Kind.ABOVE_HIGH_WATERMARK,
            partition,
            offset,
            consumer + " was given " + RecordContent.text(read.content(i)) + ", which is gone");
      } else if (content != read.content(i)) {
        tell(
            Kind.TWO_CONTENTS,
            partition,
            offset,
            consumer
                + " was given "
                + RecordContent.text(read.content(i))
                + ", and there is "
                + RecordContent.text(content));
      }
    }
    Contents log = logs.getOrDefault(partition, new Contents());
    if (next < log.count()) {
      tell(Kind.UNSEEN, partition, next, consumer + " was never given it, nor what follows");
    }
  }

  private void checkSample(Sample sample) {
    if (sample.told() < sample.knownBefore()) {
      tell(
          Kind.ABOVE_HIGH_WATERMARK,
          sample.partition(),
          sample.told(),
          "told as the high watermark after clients knew of " + sample.knownBefore());
    }
  }

  private void checkReplicas(TopicPartition partition, List<ReplicaLog> replicas) {
    for (int i = 1; i < replicas.size(); i++) {
      compare(partition, replicas.get(0), replicas.get(i));
    }
  }

  /** Between the later start and the earlier end; once in sync, both logs end together. */
  private void compare(TopicPartition partition, ReplicaLog one, ReplicaLog other) {
    String nodes = "nodes " + one.node() + " and " + other.node();
    if (one.end() != other.end()) {
      tell(Kind.LOGS_DIFFER, partition, one.end(), nodes + ": the other ends at " + other.end());
    }
    long start = Math.max(one.start(), other.start());
    long end = Math.min(one.end(), other.end());
    var batches = one.batches().subMap(start, end);
    var others = other.batches().subMap(start, end);
    batches.forEach(
        (base, batch) -> {
          if (!batch.equals(others.get(base))) {
            tell(Kind.LOGS_DIFFER, partition, base, nodes + ": " + batch + ", " + others.get(base));
          }
        });
    others.forEach(
        (base, batch) -> {
          if (!batches.containsKey(base)) {
            tell(Kind.LOGS_DIFFER, partition, base, nodes + ": only the other has " + batch);
          }
        });
  }

  private void tell(Kind kind, TopicPartition partition, long offset, String what) {
    if (counts.merge(kind, 1, Integer::sum) <= TOLD) {
      violations.add(new Violation(kind, partition + " at " + offset + ": " + what));
    }
  }

  private void tellMore(Kind kind, int count) {
    if (count > TOLD) {
      violations.add(new Violation(kind, (count - TOLD) + " more"));
    }
  }
}
