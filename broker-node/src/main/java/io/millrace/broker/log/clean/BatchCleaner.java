package io.millrace.broker.log.clean;

import io.millrace.common.record.EmptyBatches;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordFilter;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Takes the batches of a log from its start on and hands on what stays of them (S32): of each key
 * the record with the largest offset, tombstones until their time has come, the batch of each
 * producer that was its last. Records without a key are removed, as a compacted topic takes none.
 * Offsets that lose their records are taken over by an empty batch. Confined to one thread.
 *
 * <p>Control batches and those of transactions stay as they are and overrule no other record: what
 * has become of a transaction is not known here. After the first of them no tombstone is removed,
 * as it may be the only sign that what the transaction wrote is not the newest.
 */
public final class BatchCleaner {
  private final CleaningRules rules;
  private final OffsetMap map;
  private final RecordFilter filter;
  private final Consumer<ByteBuffer> out;

  /** Offsets whose records are gone and that no batch stands for yet; none if the end is -1. */
  private long gapBase = -1;

  private long gapLast = -1;
  private int gapEpoch;

  private boolean tombstonesStay;
  private long recordsRemoved;

  /**
   * A cleaner.
   *
   * @param map the newest offset of each key that was appended since the last cleaning, up to the
   *     rules' end offset
   * @param filter its buffers are used
   * @param out takes each batch that stays, from position to limit; it is good during the call
   */
  public BatchCleaner(
      CleaningRules rules, OffsetMap map, RecordFilter filter, Consumer<ByteBuffer> out) {
    this.rules = rules;
    this.map = map;
    this.filter = filter;
    this.out = out;
  }

  /** The records that were removed so far. */
  public long recordsRemoved() {
    return recordsRemoved;
  }

  /**
   * Takes the next batch, whose CRC was checked.
   *
   * @throws io.millrace.common.MillraceException if it can't be read
   */
  public void take(RecordBatch batch) {
    if (batch.lastOffset() >= rules.endOffset() || batch.isControl()) {
      pass(batch.slice());
    } else if (batch.isTransactional()) {
      tombstonesStay = true;
      pass(batch.slice());
    } else if (batch.recordCount() == 0) {
      removed(batch);
    } else {
      judge(batch);
    }
  }

  private void judge(RecordBatch batch) {
    boolean tombstonesGo =
        !tombstonesStay
            && batch.deleteHorizonMs().isPresent()
            && batch.deleteHorizonMs().getAsLong() <= rules.nowMs();
    RecordFilter.Judge judge =
        (offset, bytes, keyStart, keyLength, tombstone) ->
            keyLength >= 0
                && !(tombstone && tombstonesGo)
                && map.get(bytes, keyStart, keyLength) <= offset;
    switch (filter.apply(batch, judge, rules.newHorizonMs())) {
      case UNCHANGED -> pass(batch.slice());
      case REWRITTEN -> {
        ByteBuffer rewritten = filter.rewritten();
        recordsRemoved += batch.recordCount() - RecordBatch.at(rewritten, 0).recordCount();
        pass(rewritten);
      }
      case EMPTY -> {
        recordsRemoved += batch.recordCount();
        removed(batch);
      }
    }
  }

  /** None of its records stay. */
  private void removed(RecordBatch batch) {
    if (batch.hasProducerId() && rules.isLastOf(batch.producerId(), batch.lastOffset())) {
      pass(EmptyBatches.withoutRecords(batch));
    } else if (!extendsGap(batch)) {
      flush();
      gapBase = batch.baseOffset();
      gapLast = batch.lastOffset();
      gapEpoch = batch.leaderEpoch();
    }
  }

  private boolean extendsGap(RecordBatch batch) {
    boolean fits =
        gapLast >= 0
            && gapEpoch == batch.leaderEpoch()
            && batch.lastOffset() - gapBase < Integer.MAX_VALUE;
    if (fits) {
      gapLast = batch.lastOffset();
    }
    return fits;
  }

  private void pass(ByteBuffer batch) {
    flush();
    out.accept(batch);
  }

  /** A segment ends here: nothing before it may be held back. */
  public void flush() {
    if (gapLast >= 0) {
      ByteBuffer gap = EmptyBatches.gap(gapBase, gapLast, gapEpoch);
      gapLast = -1;
      out.accept(gap);
    }
  }
}
