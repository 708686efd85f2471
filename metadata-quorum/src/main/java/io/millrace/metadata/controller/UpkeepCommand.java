package io.millrace.metadata.controller;

/**
 * What the controller does by itself. Each runs in as many entries as it takes, and is answered
 * with {@link CommandResult.Done}.
 */
public sealed interface UpkeepCommand extends Command {
  /**
   * Finishes what an earlier controller, or a command that was given up, may have left half done:
   * brokers that are fenced or not registered leave every ISR, drained ones hand over, partitions
   * without a leader elect one where somebody can lead, and the effective min ISR is what the
   * configuration says.
   */
  record RepairPartitions() implements UpkeepCommand {}

  /** Elects leaders for the partitions that have none, where somebody can lead. */
  record ElectOffline() implements UpkeepCommand {}

  /**
   * Gives leadership back to preferred leaders of brokers of whose preferred partitions too many
   * are led elsewhere.
   */
  record BalanceLeaders() implements UpkeepCommand {}
}
