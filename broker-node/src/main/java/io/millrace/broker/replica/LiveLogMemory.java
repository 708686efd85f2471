package io.millrace.broker.replica;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.SequenceCheck;
import io.millrace.broker.replica.core.BatchFacts;
import io.millrace.broker.replica.core.ProducerSequences;
import io.millrace.broker.replica.core.SequenceVerdict;

/** The log's memory of producers as the core looks at it. Confined to the partition's shard. */
final class LogProducers implements ProducerSequences {
  private final PartitionLog log;

  LogProducers(PartitionLog log) {
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
}
