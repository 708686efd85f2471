package io.millrace.broker.replica;

import io.millrace.broker.replica.core.LeadingEffect;
import io.millrace.broker.replica.core.Role;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log what becomes of a partition on this broker.
 *
 * @param brokerId this broker
 * @param name the partition
 */
record PartitionNews(int brokerId, TopicPartition name) {
  private static final Logger LOG = LoggerFactory.getLogger(PartitionNews.class);

  /** Tells of a change of role or leader epoch, if there was one. */
  void tellRole(PartitionView before, PartitionView after) {
    if (before.role() == after.role() && before.leaderEpoch() == after.leaderEpoch()) {
      return;
    }
    if (after.leads()) {
      LOG.info(
          "[broker {}] [{} epoch {}] leads, offsets {} to {}",
          brokerId,
          name,
          after.leaderEpoch(),
          after.logStartOffset(),
          after.logEndOffset());
    } else if (after.role() == Role.FOLLOWER) {
      LOG.info(
          "[broker {}] [{} epoch {}] follows, offsets {} to {}: {}",
          brokerId,
          name,
          after.leaderEpoch(),
          after.logStartOffset(),
          after.logEndOffset(),
          after.refusal().message());
    } else if (before.leads()) {
      LOG.info(
          "[broker {}] [{} epoch {}] leads no more: {}",
          brokerId,
          name,
          after.leaderEpoch(),
          after.refusal().message());
    }
  }

  /** Tells if a proposal gives the leadership up. */
  void tellIfGivingUp(LeadingEffect effect) {
    if (effect instanceof LeadingEffect.ProposeIsr proposal
        && proposal.isr().stream().noneMatch(member -> member.brokerId() == brokerId)) {
      LOG.warn(
          "[broker {}] [{} epoch {}] its log is corrupt: gives the leadership up to an in-sync"
              + " replica, and fetches from there what is bad",
          brokerId,
          name,
          proposal.leaderEpoch());
    }
  }

  /** Tells of batches of the leader that are bad. */
  void tellRefused(int leaderEpoch, MillraceError why) {
    LOG.error(
        "[broker {}] [{} epoch {}] batches from the leader are not appended: {}",
        brokerId,
        name,
        leaderEpoch,
        why.message());
  }
}
