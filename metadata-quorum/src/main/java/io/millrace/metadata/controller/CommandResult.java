package io.millrace.metadata.controller;

import io.millrace.common.MillraceError;
import java.util.Optional;
import java.util.UUID;

/**
 * What became of a command. All but {@link Refused} tell the revision whose image shows the effect.
 */
public sealed interface CommandResult {
  /** Nothing changed, or (OUTCOME_UNKNOWN) it can't be told whether anything did. */
  record Refused(MillraceError error) implements CommandResult {}

  /**
   * A topic was created, changed or deleted.
   *
   * @param topicId its id; empty for a creation that was only validated
   * @param revision the revision that shows the effect
   */
  record TopicResult(Optional<UUID> topicId, long revision) implements CommandResult {}

  /**
   * A broker is registered, and leads what it was elected for.
   *
   * @param brokerEpoch names the registration in later requests
   * @param revision the revision that shows the effect
   */
  record BrokerResult(long brokerEpoch, long revision) implements CommandResult {}

  /**
   * A block of producer ids.
   *
   * @param firstProducerId the first id
   * @param count how many ids
   * @param revision the revision that shows the effect
   */
  record ProducerIdBlock(long firstProducerId, int count, long revision) implements CommandResult {}

  /**
   * It is done.
   *
   * @param revision the revision that shows the effect
   */
  record Done(long revision) implements CommandResult {}
}
