package io.millrace.metadata;

import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The controllers of other nodes. Thread-safe. */
public interface Controllers {
  /** What came of asking another node. */
  sealed interface Answer {
    /** The node has answered. */
    record Answered(CommandResult result) implements Answer {}

    /** The node never got the command. */
    record NotReached(String why) implements Answer {}

    /** The node may have got the command, and gave no answer. */
    record Lost(String why) implements Answer {}
  }

  /**
   * Asks a node's controller to carry out a command. The future always completes with a value.
   *
   * @param timeout how long it may take
   * @param hops how many nodes pass the command on, this one included
   */
  CompletableFuture<Answer> submit(int nodeId, Command command, Duration timeout, int hops);
}
