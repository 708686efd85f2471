package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Says why nobody leads a partition, or a replica can't be asked, from the metadata alone: any node
 * tells the same.
 */
final class NoLeader {
  private NoLeader() {}

  /**
   * Why nobody leads.
   *
   * @param topic the topic's name
   * @param number the partition's number
   * @param partition a partition without a leader
   * @return LOG_DIR_OFFLINE if it takes a log directory that is offline, else LEADER_NOT_AVAILABLE
   */
  static MillraceError why(
      MetadataImage image, String topic, int number, PartitionImage partition) {
    List<String> reasons = new ArrayList<>();
    boolean directories = true;
    for (int id : candidates(partition)) {
      Optional<BrokerImage> broker = image.broker(id);
      directories &=
          broker.filter(b -> !b.fenced() && !online(b, partition.directoryOf(id))).isPresent();
      reasons.add("broker " + id + " " + why(broker, partition.directoryOf(id)));
    }
    String why =
        reasons.isEmpty()
            ? "no replica is known to have all its records"
            : String.join("; ", reasons);
    return new MillraceError(
        directories && !reasons.isEmpty()
            ? ErrorCode.LOG_DIR_OFFLINE
            : ErrorCode.LEADER_NOT_AVAILABLE,
        topic + "-" + number + " has no leader: " + why,
        Map.of("topic", topic, "partition", Integer.toString(number)));
  }

  /** Who would lead if he could: he has everything that was committed, or had it last. */
  private static List<Integer> candidates(PartitionImage partition) {
    boolean anyEligible = !partition.isr().isEmpty() || !partition.elr().isEmpty();
    return partition.replicas().stream()
        .filter(
            id ->
                anyEligible
                    ? partition.isr().contains(id) || partition.elr().contains(id)
                    : partition.lastKnownLeader() == id)
        .toList();
  }

  private static String why(Optional<BrokerImage> known, UUID directory) {
    if (known.isEmpty()) {
      return "is not registered";
    }
    BrokerImage broker = known.get();
    if (broker.fenced()) {
      return "is down or starting";
    }
    if (!online(broker, directory)) {
      return directory.equals(PartitionImage.LOST)
          ? "has lost its replica with a log directory"
          : "has its replica in log directory " + directory + ", which is offline";
    }
    return broker.active() ? "is about to be elected" : "is stopping";
  }

  /** Why a broker that answers does not have a replica of its own open. */
  static MillraceError whyNotOpen(MetadataImage image, TopicImage topic, int number, int id) {
    UUID directory = topic.partitions().get(number).directoryOf(id);
    boolean offline = image.broker(id).filter(broker -> !online(broker, directory)).isPresent();
    String why =
        offline
            ? why(image.broker(id), directory)
            : "does not have its replica open: it is not made yet, or damaged";
    return new MillraceError(
        offline ? ErrorCode.LOG_DIR_OFFLINE : ErrorCode.UNAVAILABLE, "broker " + id + " " + why);
  }

  private static boolean online(BrokerImage broker, UUID directory) {
    return directory.equals(PartitionImage.UNASSIGNED) || broker.directories().contains(directory);
  }
}
