package io.millrace.metadata.image;

import io.millrace.proto.internal.v1.BrokerConfigChanged;
import io.millrace.proto.internal.v1.ClusterConfigChanged;
import io.millrace.proto.internal.v1.ConfigChange;
import io.millrace.proto.internal.v1.FeatureLevelChanged;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.PartitionsCreated;
import io.millrace.proto.internal.v1.TopicConfigChanged;
import io.millrace.proto.internal.v1.TopicCreated;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** An image as the records that rebuild it from an empty one; the same image, the same records. */
final class ImageRecords {
  /** A record holds at most this many partitions, so that none is large. */
  private static final int PARTITIONS_PER_RECORD = 500;

  private ImageRecords() {}

  /** Tells every record, in an order in which they can be replayed. */
  static void forEach(MetadataImage image, Consumer<MetadataRecord> records) {
    if (image.featureLevel() != 0) {
      records.accept(
          Records.builder()
              .setFeatureLevelChanged(
                  FeatureLevelChanged.newBuilder().setLevel(image.featureLevel()))
              .build());
    }
    image.brokers().values().forEach(broker -> records.accept(Records.brokerRegistered(broker)));
    image.cluster().drained().forEach(id -> records.accept(Records.brokerDrain(id, true)));
    configs(image.configs(), records);
    image.topics().byId().values().forEach(topic -> topic(topic, records));
    for (AnsweredRequest request : image.requests().inOrder()) {
      records.accept(Records.requestAnswered(request, Long.MIN_VALUE, Integer.MAX_VALUE));
    }
  }

  private static void configs(ConfigsImage configs, Consumer<MetadataRecord> records) {
    if (!configs.cluster().isEmpty()) {
      records.accept(
          Records.builder()
              .setClusterConfigChanged(
                  ClusterConfigChanged.newBuilder().addAllChanges(changes(configs.cluster())))
              .build());
    }
    configs
        .brokers()
        .forEach(
            (id, own) ->
                records.accept(
                    Records.builder()
                        .setBrokerConfigChanged(
                            BrokerConfigChanged.newBuilder()
                                .setBrokerId(id)
                                .addAllChanges(changes(own)))
                        .build()));
  }

  private static List<ConfigChange> changes(Map<String, String> configs) {
    return configs.entrySet().stream()
        .map(
            entry ->
                ConfigChange.newBuilder().setKey(entry.getKey()).setValue(entry.getValue()).build())
        .toList();
  }

  private static void topic(TopicImage topic, Consumer<MetadataRecord> records) {
    records.accept(
        Records.builder()
            .setTopicCreated(
                TopicCreated.newBuilder()
                    .setTopicId(Uuids.toBytes(topic.id()))
                    .setName(topic.name()))
            .build());
    if (!topic.configs().isEmpty()) {
      records.accept(
          Records.builder()
              .setTopicConfigChanged(
                  TopicConfigChanged.newBuilder()
                      .setTopicId(Uuids.toBytes(topic.id()))
                      .addAllChanges(changes(topic.configs())))
              .build());
    }
    int count = topic.partitions().size();
    for (int first = 0; first < count; first += PARTITIONS_PER_RECORD) {
      List<PartitionImage> some =
          topic.partitions().subList(first, Math.min(count, first + PARTITIONS_PER_RECORD));
      PartitionsCreated.Builder created =
          PartitionsCreated.newBuilder()
              .setTopicId(Uuids.toBytes(topic.id()))
              .setFirstPartition(first);
      some.forEach(partition -> created.addPartitions(Records.toState(partition)));
      records.accept(Records.builder().setPartitionsCreated(created).build());
    }
  }
}
