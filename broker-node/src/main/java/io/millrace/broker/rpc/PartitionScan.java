package io.millrace.broker.rpc;

import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.HealthProblem;
import io.millrace.proto.v1.HealthProblemKind;
import io.millrace.proto.v1.HealthVerdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * What is wrong with the brokers and the partitions of an image, found by looking at all of them
 * once. Holds a bounded number of names. Immutable once made.
 */
final class PartitionScan {
  /** The most names that anyone can ask for. */
  static final int MOST_NAMES = 1_000;

  private final MetadataImage image;
  private final List<String> fenced = new ArrayList<>();
  private final Found offline = new Found();
  private final Found underMinIsr = new Found();
  private final Found underReplicated = new Found();
  private final Set<String> directories = new TreeSet<>();

  /** Partitions of one kind. */
  private static final class Found {
    private final List<String> names = new ArrayList<>();
    private int count;

    void add(String name) {
      count++;
      if (names.size() < MOST_NAMES) {
        names.add(name);
      }
    }
  }

  PartitionScan(MetadataImage image) {
    this.image = image;
    for (BrokerImage broker : image.brokers().values()) {
      if (broker.fenced()) {
        fenced.add(broker.id() + " (" + broker.clientEndpoint() + ")");
      }
    }
    for (UUID id : image.topics().idsByName().values()) {
      image.topic(id).ifPresent(this::scan);
    }
  }

  /** The image that was looked at. */
  MetadataImage image() {
    return image;
  }

  private void scan(TopicImage topic) {
    int number = 0;
    for (PartitionImage partition : topic.partitions()) {
      scan(topic.name(), number++, partition);
    }
  }

  /** Whoever is fenced or not registered serves nobody, though it is still named as the leader. */
  private void scan(String topic, int number, PartitionImage partition) {
    String name = topic + "-" + number;
    if (image.broker(partition.leader()).filter(leader -> !leader.fenced()).isEmpty()) {
      offline.add(
          offline.names.size() < MOST_NAMES
              ? ClusterHealth.because(name, NoLeader.why(image, topic, number, partition))
              : name);
    } else if (partition.isr().size() < partition.effectiveMinIsr()) {
      underMinIsr.add(inSync(name, partition));
    } else if (partition.isr().size() < partition.replicas().size()) {
      underReplicated.add(inSync(name, partition));
    }
    for (int i = 0; i < partition.replicas().size(); i++) {
      scan(partition.replicas().get(i), partition.directories().get(i));
    }
  }

  private static String inSync(String name, PartitionImage partition) {
    return name + ": in sync " + partition.isr() + " of " + partition.replicas();
  }

  private void scan(int replica, UUID directory) {
    Optional<BrokerImage> broker = image.broker(replica);
    boolean known =
        directory.equals(PartitionImage.UNASSIGNED)
            || broker.isEmpty()
            || broker.get().fenced()
            || broker.get().directories().contains(directory);
    if (!known) {
      directories.add(
          "broker "
              + replica
              + (directory.equals(PartitionImage.LOST) ? ": one that is gone" : ": " + directory));
    }
  }

  /** Adds what was found. */
  void addTo(List<HealthProblem> problems, int most) {
    add(
        problems,
        HealthProblemKind.HEALTH_PROBLEM_KIND_PARTITIONS_OFFLINE,
        HealthVerdict.HEALTH_VERDICT_DOWN,
        ClusterHealth.amount(offline.count, "partition has", "partitions have") + " no leader",
        offline.count,
        first(offline.names, most));
    add(
        problems,
        HealthProblemKind.HEALTH_PROBLEM_KIND_PARTITIONS_UNDER_MIN_ISR,
        HealthVerdict.HEALTH_VERDICT_DOWN,
        ClusterHealth.amount(underMinIsr.count, "partition has", "partitions have")
            + " too few replicas in sync for acks=all",
        underMinIsr.count,
        first(underMinIsr.names, most));
    add(
        problems,
        HealthProblemKind.HEALTH_PROBLEM_KIND_PARTITIONS_UNDER_REPLICATED,
        HealthVerdict.HEALTH_VERDICT_DEGRADED,
        ClusterHealth.amount(underReplicated.count, "partition has", "partitions have")
            + " replicas that are not in sync",
        underReplicated.count,
        first(underReplicated.names, most));
    add(
        problems,
        HealthProblemKind.HEALTH_PROBLEM_KIND_BROKERS_FENCED,
        HealthVerdict.HEALTH_VERDICT_DEGRADED,
        ClusterHealth.amount(fenced.size(), "broker is", "brokers are") + " down or starting",
        fenced.size(),
        first(fenced, most));
    add(
        problems,
        HealthProblemKind.HEALTH_PROBLEM_KIND_LOG_DIRS_OFFLINE,
        HealthVerdict.HEALTH_VERDICT_DEGRADED,
        ClusterHealth.amount(directories.size(), "log directory", "log directories")
            + " with replicas offline on running brokers",
        directories.size(),
        first(directories, most));
  }

  private static List<String> first(Collection<String> names, int most) {
    return names.stream().limit(most).toList();
  }

  private static void add(
      List<HealthProblem> problems,
      HealthProblemKind kind,
      HealthVerdict verdict,
      String message,
      int count,
      List<String> names) {
    if (count > 0) {
      problems.add(
          ClusterHealth.problem(kind, verdict, count)
              .setMessage(message)
              .addAllNames(names)
              .build());
    }
  }
}
