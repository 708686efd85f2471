package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What leaders of a partition have committed, from offset 0 on. An idempotent producer's batches
 * are in it once and in its order (S28). Confined to the simulation's thread.
 */
final class CommittedLog {
  private final Batches batches;
  private final String partition;
  private final List<LogEntry> entries = new ArrayList<>();

  /** Batches that were committed and went with an election that may lose records. */
  private final BitSet lost = new BitSet();

  /** The empty log of the partition that is called so. */
  CommittedLog(Batches batches, String partition) {
    this.batches = batches;
    this.partition = partition;
  }

  List<LogEntry> entries() {
    return Collections.unmodifiableList(entries);
  }

  int size() {
    return entries.size();
  }

  LogEntry get(int index) {
    return entries.get(index);
  }

  long end() {
    return entries.isEmpty() ? 0 : entries.get(entries.size() - 1).lastOffset() + 1;
  }

  /** The batch that begins at an offset. */
  Optional<LogEntry> at(long baseOffset) {
    int low = 0;
    int high = entries.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      LogEntry entry = entries.get(middle);
      if (entry.baseOffset() == baseOffset) {
        return Optional.of(entry);
      }
      if (entry.baseOffset() < baseOffset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return Optional.empty();
  }

  /** How many entries another log begins with as this one does. */
  int samePrefix(List<LogEntry> other) {
    int same = 0;
    while (same < entries.size()
        && same < other.size()
        && entries.get(same).equals(other.get(same))) {
      same++;
    }
    return same;
  }

  /** Whether one of both logs is a beginning of the other. */
  boolean agreesWith(List<LogEntry> other) {
    return samePrefix(other) == Math.min(entries.size(), other.size());
  }

  /** One more batch is committed. */
  void add(LogEntry next) {
    checkProducer(next);
    entries.add(next);
  }

  /** S28: an idempotent producer's batches, once and in order. */
  private void checkProducer(LogEntry next) {
    SimulatedBatch batch = batches.find(next.batch()).orElseThrow();
    if (!batch.idempotent()) {
      return;
    }
    for (int i = entries.size() - 1; i >= 0; i--) {
      LogEntry before = entries.get(i);
      SimulatedBatch earlier = batches.find(before.batch()).orElseThrow();
      if (earlier.producer() == batch.producer()) {
        require(
            batch.order() > earlier.order(),
            "%s has %s behind %s: doubled or out of order",
            partition,
            batch,
            earlier);
        int expected = (before.sequence() + earlier.records()) & Integer.MAX_VALUE;
        require(
            before.producerEpoch() != next.producerEpoch() || next.sequence() == expected,
            "%s has %s with sequence %d behind %s: a gap (expected: %d)",
            partition,
            batch,
            next.sequence(),
            earlier,
            expected);
        return;
      }
    }
  }

  /** Everything from an entry on is lost, as it may; tells how many batches that are. */
  int loseFrom(int index) {
    List<LogEntry> gone = entries.subList(index, entries.size());
    int count = gone.size();
    gone.forEach(entry -> lost.set(entry.batch()));
    gone.clear();
    return count;
  }

  boolean isLost(SimulatedBatch batch) {
    return lost.get(batch.id());
  }

  /** Of some batches those that are here. */
  BitSet present(BitSet some) {
    BitSet present = new BitSet();
    entries.forEach(entry -> present.set(entry.batch()));
    present.and(some);
    return present;
  }

  /** Of some batches those that are not here, and were not lost as they may be either. */
  BitSet missing(BitSet some) {
    BitSet missing = (BitSet) some.clone();
    missing.andNot(present(some));
    missing.andNot(lost);
    return missing;
  }
}
