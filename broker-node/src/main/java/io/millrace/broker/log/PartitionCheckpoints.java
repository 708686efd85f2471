package io.millrace.broker.log;

import io.millrace.common.file.CorruptFileException;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@link PartitionFiles} of one log, written durably before what they say takes effect. A
 * damaged one is a missing one; epochs and log start are made anew from the batches. Confined to
 * the partition's shard (the recovery thread before hand-over).
 */
final class PartitionCheckpoints {
  private static final Logger LOG = LoggerFactory.getLogger(PartitionCheckpoints.class);

  private final LogDisk disk;

  PartitionCheckpoints(LogDisk disk) {
    this.disk = disk;
  }

  /** The epochs as last written; empty if the file is missing or damaged. */
  Optional<LeaderEpochCache> readLeaderEpochs() {
    return disk.get(
        "read " + PartitionFiles.LEADER_EPOCHS,
        () -> {
          try {
            return PartitionFiles.readLeaderEpochs(disk.store(), disk.directory());
          } catch (CorruptFileException damaged) {
            return warn(damaged, Optional.empty());
          }
        });
  }

  void writeLeaderEpochs(LeaderEpochCache epochs) {
    disk.run(
        "write " + PartitionFiles.LEADER_EPOCHS,
        () -> PartitionFiles.writeLeaderEpochs(disk.store(), disk.directory(), epochs));
  }

  /** The log start offset as last written; empty if the file is missing or damaged. */
  OptionalLong readLogStart() {
    return disk.get(
        "read " + PartitionFiles.LOG_START,
        () -> {
          try {
            return PartitionFiles.readLogStart(disk.store(), disk.directory());
          } catch (CorruptFileException damaged) {
            return warn(damaged, OptionalLong.empty());
          }
        });
  }

  void writeLogStart(long offset) {
    disk.run(
        "write " + PartitionFiles.LOG_START,
        () -> PartitionFiles.writeLogStart(disk.store(), disk.directory(), offset));
  }

  /** Up to where compaction has seen the log; 0 if the file is missing or damaged. */
  long readCleaned() {
    return disk.get(
        "read " + PartitionFiles.CLEANED,
        () -> {
          try {
            return PartitionFiles.readCleaned(disk.store(), disk.directory()).orElse(0);
          } catch (CorruptFileException damaged) {
            LOG.warn("{}; the log is cleaned from its start", damaged.getMessage());
            return 0L;
          }
        });
  }

  void writeCleaned(long offset) {
    disk.run(
        "write " + PartitionFiles.CLEANED,
        () -> PartitionFiles.writeCleaned(disk.store(), disk.directory(), offset));
  }

  /** Whether the synced mark is there and whole. */
  boolean readSyncedMark() {
    return disk.get(
        "read " + PartitionFiles.SYNCED_MARK,
        () -> {
          try {
            return PartitionFiles.readSyncedMark(disk.store(), disk.directory());
          } catch (CorruptFileException damaged) {
            LOG.warn("{}; taken for missing", damaged.getMessage());
            return false;
          }
        });
  }

  void writeSyncedMark() {
    disk.run(
        "write " + PartitionFiles.SYNCED_MARK,
        () -> PartitionFiles.writeSyncedMark(disk.store(), disk.directory()));
  }

  void removeSyncedMark() {
    disk.run(
        "remove " + PartitionFiles.SYNCED_MARK,
        () -> PartitionFiles.removeSyncedMark(disk.store(), disk.directory()));
  }

  private static <T> T warn(CorruptFileException damaged, T instead) {
    LOG.warn("{}; it is made anew from the batches", damaged.getMessage());
    return instead;
  }
}
