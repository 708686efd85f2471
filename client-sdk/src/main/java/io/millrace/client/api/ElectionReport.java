package io.millrace.client.api;

import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import java.util.List;
import java.util.Optional;

/**
 * What came of an election.
 *
 * @param outcomes the partitions that were named; of all partitions only those that are not led as
 *     wished, at most 1,000
 * @param elected how many partitions have another leader than before
 * @param failed how many partitions are not led as wished
 */
public record ElectionReport(List<Outcome> outcomes, int elected, int failed) {
  public ElectionReport {
    outcomes = List.copyOf(outcomes);
  }

  /**
   * A partition after an election.
   *
   * @param partition the partition
   * @param leader its leader, or 0 for none
   * @param leaderEpoch the leader's epoch
   * @param error why it is not led as wished; empty if it is
   */
  public record Outcome(
      TopicPartition partition, int leader, int leaderEpoch, Optional<MillraceError> error) {}
}
