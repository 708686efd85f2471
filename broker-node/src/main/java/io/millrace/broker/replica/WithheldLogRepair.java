package io.millrace.broker.replica;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.PartitionLog;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.PartitionImage;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a log that was withheld, once another replica leads and nobody counts on this one (S25): a
 * damaged one ends before the damage then, and the rest is fetched from the leader. Confined to the
 * manager's thread, which waits for the disk.
 */
final class WithheldLogRepair {
  private static final Logger LOG = LoggerFactory.getLogger(WithheldLogRepair.class);

  private final int brokerId;

  WithheldLogRepair(int brokerId) {
    this.brokerId = brokerId;
  }

  /** Whether what a log here lacks is known to be elsewhere. */
  boolean isExpendable(PartitionImage partition) {
    return partition.isExpendable(brokerId);
  }

  /**
   * Opens it and hosts the partition.
   *
   * @param directory where it lies; takes note of a failure of its disk
   * @return empty if the directory is offline
   */
  Optional<HostedPartition> repair(LogDirectory directory, LogRecovery.Found found) {
    if (!directory.online()) {
      return Optional.empty();
    }
    TopicIdPartition id = found.id();
    try {
      // First: if the process ends between, what is noted says that the damage is no torn end.
      PartitionLog log =
          directory.files().openExpendable(found, directory.files().recoveryPoint(id));
      takeBackWhatIsNoted(directory, id, log);
      Optional.ofNullable(directory.withheld().remove(id))
          .ifPresent(withheld -> tell(withheld, log.logEndOffset()));
      return Optional.of(directory.host(id, found.name(), log, found.config()));
    } catch (LogDirException e) {
      directory.diskFailed(e);
      return Optional.empty();
    } catch (CompletionException offline) {
      return Optional.empty();
    }
  }

  private void tell(WithheldLog repaired, long logEndOffset) {
    if (repaired.reason() == WithheldLog.Reason.DAMAGED) {
      LOG.warn(
          "[broker {}] [{}] its damaged log is opened up to offset {}: another replica leads and has"
              + " the rest; what was there is kept in its directory as given-up-from-{}.*, to be"
              + " deleted by hand once the replica is in sync, if no election was unclean",
          brokerId,
          repaired.name(),
          logEndOffset,
          logEndOffset);
    } else {
      LOG.info(
          "[broker {}] [{}] its {} log is opened, up to offset {}: another replica leads and has the"
              + " rest",
          brokerId,
          repaired.name(),
          repaired.reason(),
          logEndOffset);
    }
  }

  /** Before anything is appended: what will lie there is not committed, nor durable. */
  private static void takeBackWhatIsNoted(
      LogDirectory directory, TopicIdPartition id, PartitionLog log) {
    directory.files().forgetNoted(id);
    try {
      directory.noteSoon().join();
    } catch (CompletionException offline) {
      log.abandon();
      throw offline;
    }
  }
}
