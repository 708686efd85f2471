package io.millrace.broker.replica;

import io.millrace.broker.replica.core.ProduceOutcome;
import java.util.concurrent.Executor;

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

  /**
   * The same as {@link #answered(ProduceCommand, ProduceOutcome)}, for whoever can put the answers
   * of several partitions together: it is what the shard calls.
   *
   * @param atEnd runs a task on the shard when all partitions at hand have answered; the task must
   *     not block or throw
   */
  default void answered(ProduceCommand command, ProduceOutcome outcome, Executor atEnd) {
    answered(command, outcome);
  }
}
