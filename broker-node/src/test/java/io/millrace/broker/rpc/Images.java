package io.millrace.broker.rpc;

import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.TopicsImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.pcollections.TreePMap;
import org.pcollections.TreePVector;

/** Images for tests: brokers 1 to 3 with one directory each, topics with three replicas. */
final class Images {
  private Images() {}

  /** Topics named {@code t-000} and so on, all in order. */
  static MetadataImage of(int topics, int partitions) {
    MetadataImage image = MetadataImage.EMPTY.withRevision(7);
    for (int id = 1; id <= 3; id++) {
      image = withBroker(image, id, BrokerState.ACTIVE, List.of(directory(id)));
    }
    for (int topic = 0; topic < topics; topic++) {
      List<PartitionImage> all = new ArrayList<>();
      for (int i = 0; i < partitions; i++) {
        all.add(partition(1, List.of(1, 2, 3), 2));
      }
      image = withTopic(image, "t-%03d".formatted(topic), all);
    }
    return image;
  }

  static UUID directory(int broker) {
    return new UUID(9, broker);
  }

  /** With replicas on all brokers. */
  static PartitionImage partition(int leader, List<Integer> isr, int minIsr) {
    return new PartitionImage(
        List.of(1, 2, 3),
        List.of(directory(1), directory(2), directory(3)),
        isr,
        List.of(),
        new PartitionImage.Leadership(leader, 4, PartitionImage.NO_BROKER),
        9,
        minIsr);
  }

  static MetadataImage withTopic(
      MetadataImage image, String name, List<PartitionImage> partitions) {
    TopicsImage topics =
        image
            .topics()
            .with(
                new TopicImage(
                    UUID.nameUUIDFromBytes(name.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                    name,
                    TreePVector.from(partitions),
                    TreePMap.empty()));
    return image.withTopics(topics).withRevision(image.revision() + 1);
  }

  static MetadataImage withBroker(
      MetadataImage image, int id, BrokerState state, List<UUID> directories) {
    BrokerImage broker =
        new BrokerImage(
            id,
            new BrokerRegistration(10 + id, new UUID(id, 1), directories),
            new Endpoint("h" + id, 9650),
            Optional.of(new Endpoint("h" + id, 9651)),
            "",
            FeatureRange.SUPPORTED,
            state);
    return image.withBrokers(image.brokers().plus(id, broker)).withRevision(image.revision() + 1);
  }
}
