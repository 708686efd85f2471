package io.millrace.metadata.image;

import io.millrace.proto.internal.v1.ConfigChange;
import io.millrace.proto.internal.v1.FeatureLevelChanged;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.PartitionsCreated;
import io.millrace.proto.internal.v1.TopicConfigChanged;
import io.millrace.proto.internal.v1.TopicCreated;
import java.util.List;
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
    image.topics().byId().values().forEach(topic -> topic(topic, records));
    for (AnsweredRequest request : image.requests().inOrder()) {
      records.accept(Records.requestAnswered(request, Long.MIN_VALUE, Integer.MAX_VALUE));
    }
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
      TopicConfigChanged.Builder configs =
          TopicConfigChanged.newBuilder().setTopicId(Uuids.toBytes(topic.id()));
      topic
          .configs()
          .forEach(
              (key, value) ->
                  configs.addChanges(ConfigChange.newBuilder().setKey(key).setValue(value)));
      records.accept(Records.builder().setTopicConfigChanged(configs).build());
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
