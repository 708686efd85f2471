package io.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.group.core.TopicsView.Topic;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.pcollections.TreePMap;
import org.pcollections.TreePVector;

/** The topics that coordinators see, as the metadata change. */
class TopicsFeedTest {
  private final TopicsFeed feed = new TopicsFeed();
  private MetadataImage image = MetadataImage.EMPTY;

  @Test
  void topicsComeGrowAndGo() {
    assertThat(changed(with(topic(1, "a", 1, 2)))).containsExactly("a");
    assertThat(changed(with(topic(1, "a", 1, 2, 1)))).containsExactly("a");
    assertThat(feed.view().topic("a")).contains(new Topic(new UUID(1, 1), "a", 3));
    assertThat(changed(without("a"))).containsExactly("a");
    assertThat(feed.view().topic("a")).isEmpty();
  }

  @Test
  void aChangeOfLeaderIsNoneOfTheTopic() {
    changed(with(topic(1, "a", 1, 2)));
    assertThat(changed(with(topic(1, "a", 2, 1)))).isEmpty();
  }

  @Test
  void aTopicThatIsMadeAgainHasItsNewId() {
    changed(with(topic(1, "a", 1)));
    assertThat(changed(without("a").withTopics(without("a").topics().with(topic(2, "a", 1)))))
        .containsExactly("a");
    assertThat(feed.view().topic(new UUID(1, 1))).isEmpty();
    assertThat(feed.view().topic(new UUID(2, 2)).map(Topic::name)).contains("a");
  }

  @Test
  void aRackThatIsNewChangesTheTopicsWithReplicasThere() {
    changed(with(topic(1, "a", 1)));
    changed(with(topic(2, "b", 2)));
    assertThat(changed(withBroker(1, "r1"))).containsExactlyInAnyOrder("a", "b");
    assertThat(feed.view().topic("a").map(Topic::racks)).contains(List.of(Set.of("r1")));
    assertThat(changed(withBroker(2, "r2"))).containsExactly("b");
    assertThat(changed(withBroker(2, "r2"))).isEmpty();
  }

  private Set<String> changed(MetadataImage next) {
    MetadataDelta delta = MetadataDelta.between(image, next);
    image = next;
    return feed.onImage(next, delta);
  }

  private MetadataImage with(TopicImage topic) {
    return image.withTopics(image.topics().with(topic)).withRevision(image.revision() + 1);
  }

  private MetadataImage without(String name) {
    return image
        .withTopics(image.topics().without(image.topic(name).orElseThrow()))
        .withRevision(image.revision() + 1);
  }

  private MetadataImage withBroker(int id, String rack) {
    BrokerImage broker =
        new BrokerImage(
            id,
            new BrokerRegistration(1, new UUID(id, 1), List.of()),
            new Endpoint("h" + id, 9650),
            Optional.empty(),
            rack,
            FeatureRange.SUPPORTED,
            BrokerState.ACTIVE);
    return image.withBrokers(image.brokers().plus(id, broker)).withRevision(image.revision() + 1);
  }

  /** A topic whose partitions have one replica each, on these brokers. */
  private static TopicImage topic(int id, String name, int... brokers) {
    TreePVector<PartitionImage> partitions = TreePVector.empty();
    for (int broker : brokers) {
      partitions =
          partitions.plus(
              new PartitionImage(
                  List.of(broker),
                  List.of(PartitionImage.UNASSIGNED),
                  List.of(broker),
                  List.of(),
                  new PartitionImage.Leadership(broker, 1, PartitionImage.NO_BROKER),
                  0,
                  1));
    }
    return new TopicImage(new UUID(id, id), name, partitions, TreePMap.empty());
  }
}
