package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.CreatePartitions;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.Command.DeleteTopic;
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
import java.util.Collections;
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
  private final Supplier<UUID> topicIds;

  TopicDecisions(ControllerSettings settings, Supplier<UUID> topicIds) {
    this.settings = settings;
    this.topicIds = topicIds;
  }

  /**
   * A change of one topic.
   *
   * @param topicId the topic
   * @param records what becomes true; none when it is so already
   */
  record TopicChange(UUID topicId, List<MetadataRecord> records) {}

  TopicChange create(MetadataImage image, CreateTopic command) {
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
    int partitions =
        command.partitions() == 0 ? settings.defaultPartitions() : command.partitions();
    checkPartitionCount(partitions, 1);
    SortedMap<String, String> configs =
        new TreeMap<>(TopicConfigs.SCHEMA.canonical(new TreeMap<>(command.configs())));
    int replicationFactor =
        command.replicationFactor() == 0
            ? settings.defaultReplicationFactor()
            : command.replicationFactor();
    List<BrokerImage> live = liveFor(image, replicationFactor);

    UUID id = newTopicId(image);
    List<MetadataRecord> records = new ArrayList<>();
    records.add(
        Records.builder()
            .setTopicCreated(
                TopicCreated.newBuilder().setTopicId(Uuids.toBytes(id)).setName(command.topic()))
            .build());
    if (!configs.isEmpty()) {
      SortedMap<String, Optional<String>> changes = new TreeMap<>();
      configs.forEach((key, value) -> changes.put(key, Optional.of(value)));
      records.add(configChanged(id, changes));
    }
    List<List<Integer>> placed =
        new ReplicaPlacement(live)
            .place(image.topics().partitionCount(), partitions, replicationFactor);
    records.add(partitionsCreated(id, 0, placed, minInsyncReplicas(configs)));
    return new TopicChange(id, records);
  }

  TopicChange delete(MetadataImage image, DeleteTopic command) {
    TopicImage topic = existing(image, command.topic());
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
    return new TopicChange(
        topic.id(),
        List.of(
            Records.builder()
                .setTopicDeleted(TopicDeleted.newBuilder().setTopicId(Uuids.toBytes(topic.id())))
                .build()));
  }

  TopicChange alterConfigs(MetadataImage image, AlterTopicConfigs command) {
    TopicImage topic = existing(image, command.topic());
    SortedMap<String, Optional<String>> changes = new TreeMap<>();
    SortedMap<String, String> result = new TreeMap<>(topic.configs());
    new TreeMap<>(command.changes())
        .forEach(
            (key, value) -> {
              Optional<String> canonical = canonical(key, value);
              if (!canonical.equals(Optional.ofNullable(topic.configs().get(key)))) {
                changes.put(key, canonical);
              }
              canonical.ifPresentOrElse(v -> result.put(key, v), () -> result.remove(key));
            });
    if (changes.isEmpty()) {
      return new TopicChange(topic.id(), List.of());
    }
    List<MetadataRecord> records = new ArrayList<>();
    records.add(configChanged(topic.id(), changes));
    records.addAll(minIsrChanges(topic, minInsyncReplicas(result)));
    return new TopicChange(topic.id(), records);
  }

  TopicChange grow(MetadataImage image, CreatePartitions command) {
    TopicImage topic = existing(image, command.topic());
    int before = topic.partitions().size();
    checkPartitionCount(command.partitions(), before + 1);
    int replicationFactor = topic.replicationFactor();
    List<List<Integer>> placed =
        new ReplicaPlacement(liveFor(image, replicationFactor))
            .place(
                image.topics().partitionCount(), command.partitions() - before, replicationFactor);
    int minInsyncReplicas = minInsyncReplicas(topic.configs());
    return new TopicChange(
        topic.id(), List.of(partitionsCreated(topic.id(), before, placed, minInsyncReplicas)));
  }

  private static TopicImage existing(MetadataImage image, String name) {
    return image.topic(name).orElseThrow(() -> TopicNames.unknown(image, name).exception());
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

  private static List<BrokerImage> liveFor(MetadataImage image, int replicationFactor) {
    List<BrokerImage> live =
        image.brokers().values().stream().filter(broker -> !broker.fenced()).toList();
    if (live.isEmpty()) {
      throw new MillraceException(
          ErrorCode.UNAVAILABLE, "no broker is registered and live; try again when one is");
    }
    if (replicationFactor < 1 || replicationFactor > live.size()) {
      String expected = "1 to " + live.size() + ", the number of live brokers";
      throw new MillraceError(
              ErrorCode.INVALID_REPLICATION_FACTOR,
              "replication factor: " + replicationFactor + " (expected: " + expected + ")",
              Map.of("replication_factor", "" + replicationFactor, "expected", expected))
          .exception();
    }
    return live;
  }

  private UUID newTopicId(MetadataImage image) {
    UUID id = topicIds.get();
    while (id.equals(new UUID(0, 0)) || image.topic(id).isPresent()) {
      id = topicIds.get();
    }
    return id;
  }

  private int minInsyncReplicas(Map<String, String> configs) {
    ConfigKey<Integer> key = TopicConfigs.MIN_INSYNC_REPLICAS;
    String own = configs.get(key.name());
    return own == null ? settings.defaultMinInsyncReplicas() : key.parse(own);
  }

  private static Optional<String> canonical(String key, Optional<String> value) {
    TopicConfigs.SCHEMA.require(key);
    return value.map(text -> TopicConfigs.SCHEMA.canonical(Map.of(key, text)).get(key));
  }

  /** S03: a change of the effective min ISR clears the ELR and counts as a partition change. */
  private List<MetadataRecord> minIsrChanges(TopicImage topic, int minInsyncReplicas) {
    PartitionChangeSet changes = new PartitionChangeSet(settings.maxEntryBytes());
    int number = 0;
    for (PartitionImage before : topic.partitions()) {
      int effective = Math.min(minInsyncReplicas, before.replicas().size());
      if (effective != before.effectiveMinIsr()) {
        changes.add(topic, number, before, before.withEffectiveMinIsr(effective));
      }
      number++;
    }
    return changes.records();
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

  /** New partitions are led by their first replica, with all replicas in sync (S05 for min ISR). */
  private static MetadataRecord partitionsCreated(
      UUID topicId, int first, List<List<Integer>> placed, int minInsyncReplicas) {
    PartitionsCreated.Builder record =
        PartitionsCreated.newBuilder().setTopicId(Uuids.toBytes(topicId)).setFirstPartition(first);
    for (List<Integer> replicas : placed) {
      PartitionImage partition =
          new PartitionImage(
              replicas,
              Collections.nCopies(replicas.size(), PartitionImage.UNASSIGNED),
              replicas,
              List.of(),
              new Leadership(replicas.get(0), 0, PartitionImage.NO_BROKER),
              0,
              Math.min(minInsyncReplicas, replicas.size()));
      record.addPartitions(Records.toState(partition));
    }
    return Records.builder().setPartitionsCreated(record).build();
  }
}
