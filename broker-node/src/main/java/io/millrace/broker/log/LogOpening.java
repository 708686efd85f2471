package io.millrace.broker.log;

import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.file.FileStore;
import io.millrace.common.time.Clock;
import java.nio.file.Path;

/**
 * What is needed to open a log.
 *
 * @param store the door to the disk
 * @param directory the partition's directory; created if it is missing
 * @param id the partition by its topic's id, which the directory must be of
 * @param name the partition by its topic's name
 * @param config the settings
 * @param clock tells when producers were last heard of
 * @param budget bounds the open segments of the log directory
 * @param recoveryPoint everything below it was durable when this was last noted; 0 if unknown
 * @param cleanShutdown whether the log was closed in order and not touched since
 * @param progress told how recovery goes on
 * @param expendable whether damaged records may be moved aside with all that follows them, as
 *     another replica has them
 */
public record LogOpening(
    FileStore store,
    Path directory,
    TopicIdPartition id,
    TopicPartition name,
    LogConfig config,
    Clock clock,
    MapBudget budget,
    long recoveryPoint,
    boolean cleanShutdown,
    RecoveryProgress progress,
    boolean expendable) {
  /** A log whose records may be nowhere else. */
  public LogOpening(
      FileStore store,
      Path directory,
      TopicIdPartition id,
      TopicPartition name,
      LogConfig config,
      Clock clock,
      MapBudget budget,
      long recoveryPoint,
      boolean cleanShutdown,
      RecoveryProgress progress) {
    this(
        store,
        directory,
        id,
        name,
        config,
        clock,
        budget,
        recoveryPoint,
        cleanShutdown,
        progress,
        false);
  }

  /** The same of a log whose records another replica has. */
  public LogOpening withExpendable() {
    return new LogOpening(
        store,
        directory,
        id,
        name,
        config,
        clock,
        budget,
        recoveryPoint,
        cleanShutdown,
        progress,
        true);
  }
}
