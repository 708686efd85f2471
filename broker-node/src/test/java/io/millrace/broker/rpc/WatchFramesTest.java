package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.ChangeHistory;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.MetadataPiece;
import io.millrace.proto.v1.TopicMetadata;
import io.millrace.proto.v1.WatchMetadataResponse;
import io.millrace.proto.v1.WatchMetadataResponse.EventCase;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a client that follows the metadata is sent. */
final class WatchFramesTest {
  private static final NodeInfo NODE = new NodeInfo(1, "c", "v", 1 << 20, 64);

  private final ChangeHistory history = new ChangeHistory(50);
  private MetadataImage image = MetadataImage.EMPTY;

  @Test
  void everythingComesFirstAndThenWhatChanges() {
    becomes(Images.of(2, 3));
    WatchFrames frames = watch(0);
    WatchMetadataResponse snapshot = frames.next().orElseThrow();
    assertThat(snapshot.getRevision()).isEqualTo(image.revision());
    assertThat(snapshot.getSnapshot().getBrokersCount()).isEqualTo(3);
    assertThat(names(snapshot.getSnapshot())).containsExactly("t-000:0,1,2", "t-001:0,1,2");
    assertThat(snapshot.getSnapshot().getLast()).isTrue();
    assertThat(frames.next()).isEmpty();

    becomes(elect("t-001", 2, 3));
    becomes(Images.withBroker(image, 2, BrokerState.FENCED, List.of()));
    WatchMetadataResponse changes = frames.next().orElseThrow();
    assertThat(changes.getRevision()).isEqualTo(image.revision());
    assertThat(names(changes.getChanges())).containsExactly("t-001:2");
    assertThat(changes.getChanges().getTopics(0).getPartitions(0).getLeaderId()).isEqualTo(3);
    assertThat(changes.getChanges().getBrokers(0).getFenced()).isTrue();
    assertThat(frames.next()).isEmpty();
  }

  @Test
  void clientGoesOnFromItsRevision() {
    becomes(Images.of(2, 3));
    long had = image.revision();
    becomes(elect("t-000", 1, 2));
    WatchFrames frames = watch(had);
    assertThat(names(frames.next().orElseThrow().getChanges())).containsExactly("t-000:1");
    WatchFrames current = watch(image.revision());
    assertThat(current.next().orElseThrow().getEventCase()).isEqualTo(EventCase.PROGRESS);
    assertThat(current.next()).isEmpty();
  }

  @Test
  void whoAsksForWhatIsNotKeptGetsEverythingAnew() {
    becomes(Images.of(1, 3));
    long had = image.revision();
    WatchFrames slow = watch(0);
    assertThat(slow.next().orElseThrow().hasSnapshot()).isTrue();
    for (int i = 0; i < 60; i++) {
      becomes(elect("t-000", i % 3, 1 + i % 2));
    }
    for (WatchFrames frames : List.of(watch(had), slow)) {
      WatchMetadataResponse resync = frames.next().orElseThrow();
      assertThat(resync.getResync().getOldestRevision()).isBetween(had + 1, image.revision());
      assertThat(names(frames.next().orElseThrow().getSnapshot())).containsExactly("t-000:0,1,2");
      assertThat(frames.next()).isEmpty();
    }
  }

  @Test
  void changesOfManyRevisionsComeTogether() {
    becomes(Images.of(1, 3));
    WatchFrames frames = watch(0);
    frames.next();
    becomes(elect("t-000", 0, 2));
    becomes(elect("t-000", 0, 3));
    becomes(elect("t-000", 2, 3));
    assertThat(names(frames.next().orElseThrow().getChanges())).containsExactly("t-000:0,2");
    assertThat(frames.next()).isEmpty();
  }

  @Test
  void topicThatIsDeletedAndMadeAnewIsToldAsGoneFirst() {
    becomes(Images.of(1, 1));
    WatchFrames frames = watch(0);
    frames.next();
    TopicImage topic = image.topic("t-000").orElseThrow();
    becomes(image.withTopics(image.topics().without(topic)).withRevision(image.revision() + 1));
    becomes(
        image
            .withTopics(
                image
                    .topics()
                    .with(
                        new TopicImage(
                            new java.util.UUID(5, 5),
                            "t-000",
                            topic.partitions(),
                            topic.configs())))
            .withRevision(image.revision() + 1));
    MetadataPiece piece = frames.next().orElseThrow().getChanges();
    assertThat(piece.getDeletedTopicsList()).extracting("name").containsExactly("t-000");
    assertThat(names(piece)).containsExactly("t-000:0");
  }

  @Test
  void onlyTopicsThatWereAskedForAreTold() {
    becomes(Images.of(3, 1));
    WatchFrames frames =
        new WatchFrames(NODE, history, Set.of("t-001", "nope"), n -> Optional.empty(), 0);
    List<TopicMetadata> told = frames.next().orElseThrow().getSnapshot().getTopicsList();
    assertThat(told).extracting(TopicMetadata::getName).containsExactly("nope", "t-001");
    assertThat(told.get(0).getError().getMessage()).contains("no topic is named nope");
    becomes(elect("t-002", 0, 2));
    assertThat(frames.next()).isEmpty();
    frames.progressIsDue();
    WatchMetadataResponse progress = frames.next().orElseThrow();
    assertThat(progress.getEventCase()).isEqualTo(EventCase.PROGRESS);
    assertThat(progress.getRevision()).isEqualTo(image.revision());
    becomes(elect("t-001", 0, 2));
    assertThat(names(frames.next().orElseThrow().getChanges())).containsExactly("t-001:0");
  }

  @Test
  void nodeThatIsBehindTheClientTellsNothingOld() {
    becomes(Images.of(1, 1));
    WatchFrames frames = watch(image.revision() + 1);
    assertThat(frames.next().orElseThrow().getEventCase()).isEqualTo(EventCase.PROGRESS);
    assertThat(frames.next()).isEmpty();
    becomes(elect("t-000", 0, 2));
    becomes(elect("t-000", 0, 3));
    assertThat(names(frames.next().orElseThrow().getChanges())).containsExactly("t-000:0");
  }

  @Test
  void largeImageComesInPiecesOfOneRevision() {
    becomes(Images.of(100, 1_000));
    long revision = image.revision();
    WatchFrames frames = watch(0);
    int partitions = 0;
    int pieces = 0;
    boolean last = false;
    while (!last) {
      WatchMetadataResponse frame = frames.next().orElseThrow();
      assertThat(frame.getRevision()).isEqualTo(revision);
      int told = count(frame.getSnapshot());
      assertThat(told).isLessThanOrEqualTo(1_000);
      partitions += told;
      last = frame.getSnapshot().getLast();
      if (pieces++ == 3) {
        becomes(elect("t-000", 0, 2));
      }
    }
    assertThat(partitions).isEqualTo(100_000);
    assertThat(names(frames.next().orElseThrow().getChanges())).containsExactly("t-000:0");
  }

  private static int count(MetadataPiece piece) {
    return piece.getTopicsList().stream().mapToInt(TopicMetadata::getPartitionsCount).sum();
  }

  private WatchFrames watch(long revision) {
    return new WatchFrames(NODE, history, Set.of(), name -> Optional.empty(), revision);
  }

  private void becomes(MetadataImage next) {
    MetadataDelta delta = MetadataDelta.between(image, next);
    image = next;
    history.onImage(next, delta);
  }

  private MetadataImage elect(String topic, int partition, int leader) {
    List<io.millrace.metadata.image.PartitionImage> partitions =
        new ArrayList<>(image.topic(topic).orElseThrow().partitions());
    partitions.set(partition, Images.partition(leader, List.of(leader), 1));
    return Images.withTopic(image, topic, partitions);
  }

  private static List<String> names(MetadataPiece piece) {
    return piece.getTopicsList().stream()
        .map(
            topic ->
                topic.getName()
                    + ":"
                    + String.join(
                        ",",
                        IntStream.range(0, topic.getPartitionsCount())
                            .mapToObj(i -> "" + topic.getPartitions(i).getPartition())
                            .toList()))
        .toList();
  }
}
