package io.millrace.broker.replica;

import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.controller.BrokerStart;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * Replicas that may lack records which they had acknowledged (S14): the machine was booted since
 * and the records were in its page cache, or the log was cut below what was durable, or is damaged.
 * Immutable.
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
   * The logs that were cut, those that are damaged, and what a boot may have cost: not what had
   * been synced before it was acknowledged, whatever the settings are by now.
   *
   * @param copied whether a partition has other replicas: without any a damaged one is not out of
   *     sync, and waits for a person
   */
  static PossibleLoss of(Collection<LogDirectory> all, Predicate<TopicIdPartition> copied) {
    Set<UUID> directories = new HashSet<>();
    Map<UUID, Set<TopicIdPartition>> replicas = new HashMap<>();
    for (LogDirectory each : all) {
      Set<TopicIdPartition> here = new HashSet<>(each.untoldCuts());
      each.withheld().keySet().stream().filter(copied).forEach(here::add);
      if (each.online() && each.dir().mayHaveLostPageCache()) {
        // Whether it is in doubt is not known of what is not open, and it may turn out to count.
        each.seconds().keySet().stream().filter(copied).forEach(here::add);
        List<TopicIdPartition> inDoubt = inDoubt(each);
        here.addAll(inDoubt);
        if (!inDoubt.isEmpty() && inDoubt.size() == each.partitions().size()) {
          directories.add(each.id());
          here.clear();
        }
      }
      replicas.put(each.id(), here);
    }
    return bounded(directories, replicas);
  }

  /** Names whole directories where the replicas are too many for one registration. */
  static PossibleLoss bounded(Set<UUID> directories, Map<UUID, Set<TopicIdPartition>> replicas) {
    Set<UUID> whole = new HashSet<>(directories);
    Set<TopicIdPartition> single = new HashSet<>();
    replicas.values().forEach(single::addAll);
    if (single.size() > BrokerStart.MOST_UNCLEAN_REPLICAS) {
      single.clear();
      replicas.forEach(
          (directory, each) -> {
            if (!each.isEmpty()) {
              whole.add(directory);
            }
          });
    }
    return new PossibleLoss(whole, single);
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
