package io.millrace.broker.replica;

import io.millrace.common.TopicIdPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Replicas that may lack records which they had acknowledged (S14): the machine was booted since
 * and the records were in its page cache, or the log was cut below what was durable. Immutable.
 *
 * @param directories all replicas here may
 * @param replicas these may, in other directories
 */
public record PossibleLoss(Set<UUID> directories, Set<TopicIdPartition> replicas) {
  public static final PossibleLoss NONE = new PossibleLoss(Set.of(), Set.of());

  public PossibleLoss {
    directories = Set.copyOf(directories);
    replicas = Set.copyOf(replicas);
  }

  /** Nothing may be lost. */
  public boolean isNone() {
    return directories.isEmpty() && replicas.isEmpty();
  }

  /**
   * What a boot may have cost: not what had been synced before it was acknowledged, whatever the
   * settings are by now.
   *
   * @param cut the replicas whose logs were cut below what was durable
   */
  static PossibleLoss of(Collection<LogDirectory> all, Set<TopicIdPartition> cut) {
    Set<UUID> directories = new HashSet<>();
    Set<TopicIdPartition> replicas = new HashSet<>(cut);
    for (LogDirectory each : all) {
      if (each.online() && each.dir().mayHaveLostPageCache()) {
        List<TopicIdPartition> inDoubt = inDoubt(each);
        if (!inDoubt.isEmpty() && inDoubt.size() == each.partitions().size()) {
          directories.add(each.id());
        } else {
          replicas.addAll(inDoubt);
        }
      }
    }
    return new PossibleLoss(directories, replicas);
  }

  private static List<TopicIdPartition> inDoubt(LogDirectory directory) {
    List<TopicIdPartition> all = new ArrayList<>();
    for (HostedPartition each : directory.partitions()) {
      if (each.inDoubt()) {
        all.add(each.id());
      }
    }
    return all;
  }
}
