package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.CreatePartitions;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.Command.DeleteTopic;
import io.millrace.metadata.controller.Controller.Change;
import io.millrace.metadata.image.Assignment;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.PartitionImage.Leadership;
import io.millrace.metadata.image.Records;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.internal.v1.ConfigChange;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.PartitionsCreated;
import io.millrace.proto.internal.v1.TopicConfigChanged;
import io.millrace.proto.internal.v1.TopicCreated;
import io.millrace.proto.internal.v1.TopicDeleted;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The administrator's commands as records. Every method throws {@link MillraceException} for a
 * refusal.
 */
final class TopicDecisions {
  private final ControllerSettings settings;
  private final DynamicConfigs configs;
  private final Supplier<UUID> topicIds;

  TopicDecisions(ControllerSettings settings, DynamicConfigs configs, Supplier<UUID> topicIds) {
    this.settings = settings;
    this.configs = configs;
    this.topicIds = topicIds;
  }

  Change create(MetadataImage image, CreateTopic command) {
    TopicNames.check(command.topic())
        .ifPresent(
            error -> {
              throw error.exception();
            });
    image
        .topic(command.topic())
        .ifPresent(
            topic -> {
              throw alreadyExists(topic).exception();
            });
    SortedMap<String, String> own =
        new TreeMap<>(TopicConfigs.SCHEMA.canonical(new TreeMap<>(command.configs())));
    List<List<Integer>> placed =
        command.assignments().isEmpty() ? placed(image, command) : assigned(image, command);

    UUID id = newTopicId(image);
    List<MetadataRecord> records = new ArrayList<>();
    records.add(
        Records.builder()
            .setTopicCreated(
                TopicCreated.newBuilder().setTopicId(Uuids.toBytes(id)).setName(command.topic()))
            .build());
    if (!own.isEmpty()) {
      SortedMap<String, Optional<String>> changes = new TreeMap<>();
      own.forEach((key, value) -> changes.put(key, Optional.of(value)));
      records.add(configChanged(id, changes));
    }
    records.add(partitionsCreated(image, id, 0, placed, configs.minInsyncReplicas(image, own)));
    return new Change(id, records);
  }

  private List<List<Integer>> placed(MetadataImage image, CreateTopic command) {
    int partitions =
        command.partitions() == 0 ? settings.topics().partitions() : command.partitions();
    checkPartitionCount(partitions, 1);
    int replicationFactor =
        command.replicationFactor() == 0
            ? settings.topics().replicationFactor()
            : command.replicationFactor();
    return new ReplicaPlacement(usableFor(image, replicationFactor))
        .place(image.topics().partitionCount(), partitions, replicationFactor);
  }

  private static List<List<Integer>> assigned(MetadataImage image, CreateTopic command) {
    int partitions = command.assignments().size();
    int replicationFactor = command.assignments().get(0).size();
    checkPartitionCount(partitions, 1);
    boolean contradicts =
        (command.partitions() != 0 && command.partitions() != partitions)
            || (command.replicationFactor() != 0
                && command.replicationFactor() != replicationFactor);
    if (contradicts) {
      throw new MillraceException(
          ErrorCode.INVALID_REPLICA_ASSIGNMENT,
          "assignments: "
              + partitions
              + " partitions of "
              + replicationFactor
              + " replicas (expected: as many as are asked for, or nothing asked for beside them)");
    }
    ManualAssignments.check(image, command.assignments(), replicationFactor);
    return command.assignments();
  }

  Change delete(MetadataImage image, DeleteTopic command) {
    TopicImage topic = PartitionLookup.topic(image, command.topic());
    if (command.expectedId().isPresent() && !command.expectedId().get().equals(topic.id())) {
      throw new MillraceError(
              ErrorCode.UNKNOWN_TOPIC_ID,
              "topic_id: "
                  + command.expectedId().get()
                  + " (expected: "
                  + topic.id()
                  + ", which is the topic "
                  + topic.name()
                  + " now)",
              Map.of("topic", topic.name(), "topic_id", topic.id().toString()))
          .exception();
    }
    return new Change(
        topic.id(),
        List.of(
            Records.builder()
                .setTopicDeleted(TopicDeleted.newBuilder().setTopicId(Uuids.toBytes(topic.id())))
                .build()));
  }

  Change alterConfigs(MetadataImage image, AlterTopicConfigs command) {
    TopicImage topic = PartitionLookup.topic(image, command.topic());
    SortedMap<String, Optional<String>> changes = new TreeMap<>();
    new TreeMap<>(command.changes())
        .forEach(
            (key, value) -> {
              Optional<String> canonical = canonical(key, value);
              if (!canonical.equals(Optional.ofNullable(topic.configs().get(key)))) {
                changes.put(key, canonical);
              }
            });
    if (changes.isEmpty()) {
      return new Change(topic.id(), List.of());
    }
    List<MetadataRecord> records = new ArrayList<>();
    records.add(configChanged(topic.id(), changes));
    records.addAll(minIsrChanges(Replays.after(image, records), topic.id()));
    return new Change(topic.id(), records);
  }

  Change grow(MetadataImage image, CreatePartitions command) {
    TopicImage topic = PartitionLookup.topic(image, command.topic());
    int before = topic.partitions().size();
    checkPartitionCount(command.partitions(), before + 1);
    int more = command.partitions() - before;
    int replicationFactor = topic.replicationFactor();
    List<List<Integer>> placed;
    if (command.assignments().isEmpty()) {
      placed =
          new ReplicaPlacement(usableFor(image, replicationFactor))
              .place(image.topics().partitionCount(), more, replicationFactor);
    } else {
      if (command.assignments().size() != more) {
        throw new MillraceException(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "assignments: " + command.assignments().size() + " (expected: " + more + ")");
      }
      ManualAssignments.check(image, command.assignments(), replicationFactor);
      placed = command.assignments();
    }
    int minInsyncReplicas = configs.minInsyncReplicas(image, topic);
    return new Change(
        topic.id(),
        List.of(partitionsCreated(image, topic.id(), before, placed, minInsyncReplicas)));
  }

  private static MillraceError alreadyExists(TopicImage topic) {
    return new MillraceError(
        ErrorCode.TOPIC_ALREADY_EXISTS,
        "topic " + topic.name() + " exists already (expected: a name that is not taken)",
        Map.of("topic", topic.name(), "topic_id", topic.id().toString()));
  }

  private static void checkPartitionCount(int partitions, int min) {
    if (partitions < min || partitions > Controller.MAX_PARTITIONS) {
      String expected = min + " to " + Controller.MAX_PARTITIONS;
      throw new MillraceError(
              ErrorCode.INVALID_PARTITION_COUNT,
              "partitions: " + partitions + " (expected: " + expected + ")",
              Map.of("partitions", "" + partitions, "expected", expected))
          .exception();
    }
  }

  /**
   * The brokers that a new partition may have replicas on: also those that are fenced, as long as
   * one lives to lead, and none that is stopping (KIP-841). Those to be emptied are among them only
   * where more replicas live with them.
   */
  private static List<BrokerImage> usableFor(MetadataImage image, int replicationFactor) {
    List<BrokerImage> usable =
        image.brokers().values().stream().filter(each -> each.active() || each.fenced()).toList();
    long live = usable.stream().filter(BrokerImage::active).count();
    if (live == 0) {
      throw new MillraceException(
          ErrorCode.UNAVAILABLE, "no broker is registered and live; try again when one is");
    }
    if (replicationFactor < 1 || replicationFactor > usable.size()) {
      String expected =
          "1 to " + usable.size() + ", the number of registered brokers that are not stopping";
      throw new MillraceError(
              ErrorCode.INVALID_REPLICATION_FACTOR,
              "replication factor: " + replicationFactor + " (expected: " + expected + ")",
              Map.of("replication_factor", "" + replicationFactor, "expected", expected))
          .exception();
    }
    List<BrokerImage> wanted = usable.stream().filter(b -> !image.drained(b.id())).toList();
    long wantedLive = wanted.stream().filter(BrokerImage::active).count();
    return wanted.size() >= replicationFactor && wantedLive >= Math.min(replicationFactor, live)
        ? wanted
        : usable;
  }

  private UUID newTopicId(MetadataImage image) {
    UUID id = topicIds.get();
    while (id.equals(new UUID(0, 0)) || image.topic(id).isPresent()) {
      id = topicIds.get();
    }
    return id;
  }

  private static Optional<String> canonical(String key, Optional<String> value) {
    TopicConfigs.SCHEMA.require(key);
    return value.map(text -> TopicConfigs.SCHEMA.canonical(Map.of(key, text)).get(key));
  }

  /** S03: a change of the effective min ISR counts as a change of the partition. */
  private List<MetadataRecord> minIsrChanges(MetadataImage image, UUID topicId) {
    return new PartitionSweep(image, configs, Integer.MAX_VALUE)
        .over(List.of(topicId), ConfigDecisions::minIsr)
        .records();
  }

  private static MetadataRecord configChanged(
      UUID topicId, SortedMap<String, Optional<String>> changes) {
    TopicConfigChanged.Builder record =
        TopicConfigChanged.newBuilder().setTopicId(Uuids.toBytes(topicId));
    changes.forEach(
        (key, value) -> {
          ConfigChange.Builder change = ConfigChange.newBuilder().setKey(key);
          value.ifPresent(change::setValue);
          record.addChanges(change);
        });
    return Records.builder().setTopicConfigChanged(record).build();
  }

  /**
   * New partitions are led by their first replica that lives, with all that live in sync (S05 for
   * min ISR): the others join once they have what the leader has.
   */
  private static MetadataRecord partitionsCreated(
      MetadataImage image,
      UUID topicId,
      int first,
      List<List<Integer>> placed,
      int minInsyncReplicas) {
    PartitionsCreated.Builder record =
        PartitionsCreated.newBuilder().setTopicId(Uuids.toBytes(topicId)).setFirstPartition(first);
    for (List<Integer> replicas : placed) {
      List<Integer> isr = replicas.stream().filter(id -> isLive(image, id)).toList();
      int leader = isr.stream().filter(id -> !image.drained(id)).findFirst().orElse(isr.get(0));
      PartitionImage partition =
          new PartitionImage(
              Assignment.of(replicas),
              isr,
              List.of(),
              new Leadership(leader, 0, PartitionImage.NO_BROKER),
              0,
              Math.min(minInsyncReplicas, replicas.size()));
      record.addPartitions(Records.toState(partition));
    }
    return Records.builder().setPartitionsCreated(record).build();
  }

  private static boolean isLive(MetadataImage image, int broker) {
    return image.broker(broker).filter(BrokerImage::active).isPresent();
  }
}
