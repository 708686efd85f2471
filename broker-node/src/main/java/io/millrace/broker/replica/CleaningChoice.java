package io.millrace.broker.replica;

import io.millrace.broker.log.CleanableSection;
import io.millrace.broker.log.CorruptBatchException;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.StaleSnapshotException;
import io.millrace.common.TopicIdPartition;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the log that is cleaned next, and remembers those that are being cleaned and those that
 * can't be. Guarded by its monitor, which is held while headers of logs are read.
 *
 * <p>A log that can't be cleaned is left alone until something of what could not be cleaned was cut
 * or deleted, as the repair of a corrupt replica does.
 */
final class CleaningChoice {
  private static final Logger LOG = LoggerFactory.getLogger(CleaningChoice.class);

  private final List<LogDirectory> directories;
  private final CleaningStatus status;
  private final Set<TopicIdPartition> underWay = new HashSet<>();

  /** Those whose cleaning ended early: the others go first. */
  private final Set<TopicIdPartition> putBack = new HashSet<>();

  private final Map<TopicIdPartition, CleanableSection> uncleanable = new HashMap<>();

  CleaningChoice(List<LogDirectory> directories, CleaningStatus status) {
    this.directories = directories;
    this.status = status;
  }

  /**
   * Takes the log that is to be cleaned now; {@link #ended} must follow. Has the last segments
   * rolled that hold records which would be left alone for too long.
   *
   * @param nowMs the wall clock, which must be trusted, ms since 1970 UTC
   */
  synchronized Optional<FilthyLog> take(long nowMs) {
    Optional<FilthyLog> first = Optional.empty();
    double maxDirtyRatio = 0;
    Set<TopicIdPartition> present = new HashSet<>();
    for (LogDirectory directory : directories) {
      for (HostedPartition host : directory.partitions()) {
        present.add(host.id());
        Optional<FilthyLog> found =
            directory.online() ? look(host, nowMs) : Optional.<FilthyLog>empty();
        if (found.isPresent()) {
          maxDirtyRatio = Math.max(maxDirtyRatio, found.get().section().dirtyRatio());
          first = better(first, found.get());
        }
      }
    }
    uncleanable.keySet().retainAll(present);
    status.looked(maxDirtyRatio, uncleanable.size());
    first.ifPresent(log -> underWay.add(log.host().id()));
    if (first.isEmpty()) {
      putBack.clear();
    }
    return first;
  }

  private Optional<FilthyLog> better(Optional<FilthyLog> first, FilthyLog other) {
    boolean due =
        !putBack.contains(other.host().id()) && other.section().isDue(other.host().config().log());
    return due && (first.isEmpty() || other.isBefore(first.get())) ? Optional.of(other) : first;
  }

  private Optional<FilthyLog> look(HostedPartition host, long nowMs) {
    LogConfig config = host.config().log();
    if (!config.compaction().compact() || underWay.contains(host.id()) || isUncleanable(host)) {
      return Optional.empty();
    }
    PartitionView view = host.view();
    try {
      if (CleanableSection.isOverdue(view.log(), config, nowMs)) {
        host.onShard(runtime -> runtime.rollIfOverdue(nowMs));
      }
      return Optional.of(
          new FilthyLog(
              host, CleanableSection.of(view.log(), config, view.highWatermark(), nowMs)));
    } catch (StaleSnapshotException e) {
      return Optional.empty();
    } catch (CorruptBatchException e) {
      host.foundCorrupt(e.offset());
      return Optional.empty();
    } catch (LogDirException e) {
      host.diskFailed(e);
      return Optional.empty();
    }
  }

  private boolean isUncleanable(HostedPartition host) {
    CleanableSection known = uncleanable.get(host.id());
    if (known != null && !known.stands()) {
      uncleanable.remove(host.id());
    }
    return uncleanable.containsKey(host.id());
  }

  /** A log can't be cleaned as it is: told once. */
  synchronized void uncleanable(FilthyLog log, String why) {
    uncleanable.put(log.host().id(), log.section());
    LOG.error("[{}] can't be compacted and is left as it is: {}", log.host().name(), why);
  }

  /**
   * A log is not being cleaned any more.
   *
   * @param well whether its cleaning came to its end; else it is taken again when no other is left
   */
  synchronized void ended(FilthyLog log, boolean well) {
    underWay.remove(log.host().id());
    if (!well) {
      putBack.add(log.host().id());
    }
  }
}
