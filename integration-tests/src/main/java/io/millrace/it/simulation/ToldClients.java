package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the clients of a partition were told, compared with what is committed: readers see committed
 * records only, and the same ones each time (S01); what is acknowledged by all in sync stays.
 * Confined to the simulation's thread.
 */
final class ToldClients {
  private final String partition;
  private final CommittedLog committed;

  /** Batches whose producers were told that all in-sync replicas have them. */
  private final BitSet promised = new BitSet();

  /** Batches whose producers were told that they are not in the log. */
  private final BitSet refused = new BitSet();

  /** The largest high watermark that a client was told in an epoch, unless lost as it may be. */
  private final TreeMap<Integer, Long> told = new TreeMap<>();

  /** Nothing was told yet of the partition that is called so. */
  ToldClients(String partition, CommittedLog committed) {
    this.partition = partition;
    this.committed = committed;
  }

  /** A producer is told that all in-sync replicas have its batch. */
  void promised(SimulatedBatch batch, long baseOffset) {
    Optional<LogEntry> there = committed.at(baseOffset);
    require(
        there.filter(entry -> entry.batch() == batch.id()).isPresent(),
        "%s is acknowledged at %d of %s, where %s is committed",
        batch,
        baseOffset,
        partition,
        there);
    promised.set(batch.id());
  }

  /** A producer was told that its batch is not in the log and never was. */
  void refused(SimulatedBatch batch) {
    refused.set(batch.id());
  }

  /** A client was told of the high watermark, by the leader of an epoch. */
  void highWatermark(int epoch, long offset) {
    long before =
        told.headMap(epoch, true).values().stream().mapToLong(each -> each).max().orElse(0);
    require(
        offset >= before,
        "%s: high watermark %d is told in epoch %d after %d",
        partition,
        offset,
        epoch,
        before);
    told.put(epoch, offset);
  }

  /** Records were lost, as they may be. */
  void lost() {
    told.replaceAll((epoch, offset) -> Math.min(offset, committed.end()));
  }

  /** A reader got whole batches of what lies between log start and high watermark. */
  void fetched(long logStart, long highWatermark, ByteBuffer records) {
    int position = records.position();
    while (position < records.limit()) {
      RecordBatch found = RecordBatch.at(records, position);
      Optional<LogEntry> there = committed.at(found.baseOffset());
      int batch = SimulatedBatch.idAt(records, position);
      require(
          there.filter(entry -> entry.batch() == batch).isPresent() && found.crcValid(),
          "a reader got %s of %s, where %s is committed",
          found,
          partition,
          there);
      require(
          found.lastOffset() < highWatermark,
          "a reader got %s of %s, beyond the high watermark %d",
          found,
          partition,
          highWatermark);
      require(
          found.lastOffset() >= logStart,
          "a reader got %s of %s, which begins at %d",
          found,
          partition,
          logStart);
      position += found.sizeInBytes();
    }
  }

  /** What was promised is there, and nothing that was refused for sure. */
  void checkAtEnd() {
    BitSet missing = committed.missing(promised);
    require(missing.isEmpty(), "%s lost what was acknowledged: %s", partition, missing);
    BitSet present = committed.present(refused);
    require(present.isEmpty(), "%s has what was refused for sure: %s", partition, present);
  }
}
