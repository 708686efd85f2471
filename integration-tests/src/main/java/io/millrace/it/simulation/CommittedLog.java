package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What leaders of a partition have committed, from offset 0 on. An idempotent producer's batches
 * are in it once and in its order (S28), as far as they were not deleted. Confined to the
 * simulation's thread.
 */
final class CommittedLog {
  private final Batches batches;
  private final String partition;
  private final List<LogEntry> entries = new ArrayList<>();

  /** Batches that were committed and went with an election that may lose records. */
  private final BitSet lost = new BitSet();

  /** Below it some replica has deleted records, and forgotten what it knew of their producers. */
  private long deletedBelow;

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
    return LogEntry.at(entries, baseOffset);
  }

  /**
   * Up to which entry, by its index, a replica has what was committed. What lies below its log
   * start need not be there.
   */
  int samePrefix(KnownReplica replica) {
    List<LogEntry> has = replica.entries();
    int index = 0;
    while (index < entries.size() && entries.get(index).lastOffset() < replica.logStart()) {
      index++;
    }
    int own = index < entries.size() ? LogEntry.indexFrom(has, entries.get(index).baseOffset()) : 0;
    while (index < entries.size() && own < has.size() && entries.get(index).equals(has.get(own))) {
      index++;
      own++;
    }
    return index;
  }

  /** Whether one of both logs is a beginning of the other. */
  boolean agreesWith(KnownReplica replica) {
    int same = samePrefix(replica);
    return same == entries.size() || replica.end() <= entries.get(same).baseOffset();
  }

  /** Records below an offset were deleted somewhere: who has not seen them knows no producer. */
  void deletedBelow(long offset) {
    deletedBelow = Math.max(deletedBelow, offset);
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
        if (before.lastOffset() < deletedBelow) {
          // A replica that begins behind it takes what comes from such a producer (KIP-360).
          return;
        }
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
