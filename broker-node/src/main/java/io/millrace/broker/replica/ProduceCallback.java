package io.millrace.broker.replica;

import io.millrace.broker.replica.core.ProduceOutcome;

/** Told what became of a batch. */
@FunctionalInterface
public interface ProduceCallback {
  /**
   * The batch is answered: called exactly once for each command that was taken, on the partition's
   * shard. Must not block or throw. Several answers of a partition come in a row, so that whoever
   * sends them can put them in one message; those of a pipeline that succeed come in its order.
   *
   * @param command what was asked; its bytes are not touched any more
   * @param outcome what became of it
   */
  void answered(ProduceCommand command, ProduceOutcome outcome);
}
