package io.millrace.broker.replica;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.SequenceCheck;
import io.millrace.broker.replica.core.BatchFacts;
import io.millrace.broker.replica.core.LogMemory;
import io.millrace.broker.replica.core.SequenceVerdict;
import io.millrace.common.OffsetAndEpoch;
import java.util.Optional;

/** A log's memory as the core looks at it. Confined to the partition's shard. */
final class LiveLogMemory implements LogMemory {
  private final PartitionLog log;

  LiveLogMemory(PartitionLog log) {
    this.log = log;
  }

  @Override
  public SequenceVerdict check(BatchFacts batch) {
    SequenceCheck check =
        log.producers()
            .check(
                batch.producerId(),
                batch.producerEpoch(),
                batch.baseSequence(),
                batch.lastSequence());
    if (check instanceof SequenceCheck.Duplicate duplicate) {
      return new SequenceVerdict.Duplicate(
          duplicate.firstOffset(), duplicate.lastOffset(), duplicate.logAppendTimeMs());
    }
    return check instanceof SequenceCheck.Refuse refuse
        ? new SequenceVerdict.Refuse(refuse.error())
        : SequenceVerdict.ACCEPT;
  }

  @Override
  public int latestEpoch() {
    return log.leaderEpochs().latestEpoch().orElse(-1);
  }

  @Override
  public int lastBatchEpoch() {
    return log.lastBatchEpoch().orElse(-1);
  }

  @Override
  public Optional<OffsetAndEpoch> endOffsetFor(int epoch) {
    return log.leaderEpochs().endOffsetFor(epoch, log.logEndOffset());
  }
}
