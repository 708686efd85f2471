package io.millrace.metadata.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.image.PartitionImage.Leadership;
import io.millrace.proto.internal.v1.BrokerIds;
import io.millrace.proto.internal.v1.ConfigChange;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.PartitionChange;
import io.millrace.proto.internal.v1.PartitionsChanged;
import io.millrace.proto.internal.v1.PartitionsCreated;
import io.millrace.proto.internal.v1.TopicConfigChanged;
import io.millrace.proto.internal.v1.TopicCreated;
import io.millrace.proto.internal.v1.TopicDeleted;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class MetadataReplayTest {
  private static final UUID ORDERS = new UUID(7, 1);

  private final ReplicatedImage replicated = new ReplicatedImage(MetadataImage.EMPTY);

  @Test
  void createdTopicIsFoundByNameAndById() {
    MetadataDelta delta = apply(created(ORDERS, "orders"), partitions(ORDERS, 0, 3)).orElseThrow();

    MetadataImage image = replicated.image();
    assertThat(image.revision()).isEqualTo(1);
    assertThat(image.topic("orders")).isEqualTo(image.topic(ORDERS)).isPresent();
    assertThat(image.topics().partitionCount()).isEqualTo(3);
    assertThat(delta.topics().get(ORDERS).created()).isTrue();
    assertThat(delta.topics().get(ORDERS).changedPartitions())
        .isEqualTo(new TreeSet<>(List.of(0, 1, 2)));
  }

  @Test
  void deltaNamesOnlyWhatChanged() {
    UUID other = new UUID(7, 2);
    apply(created(ORDERS, "orders"), partitions(ORDERS, 0, 5));
    apply(created(other, "other"), partitions(other, 0, 5));

    MetadataDelta delta = apply(change(PartitionChange.newBuilder().setPartition(3))).orElseThrow();

    assertThat(delta.topics()).containsOnlyKeys(ORDERS);
    assertThat(delta.topics().get(ORDERS).changedPartitions()).containsExactly(3);
    assertThat(delta.topics().get(ORDERS).configChanged()).isFalse();
    assertThat(delta.changedBrokers()).isEmpty();
  }

  @Test
  void imagesShareWhatDidNotChange() {
    UUID other = new UUID(7, 2);
    apply(created(ORDERS, "orders"), partitions(ORDERS, 0, 2));
    apply(created(other, "other"), partitions(other, 0, 2));
    TopicImage otherBefore = replicated.image().topic(other).orElseThrow();

    apply(change(PartitionChange.newBuilder().setPartition(0)));

    assertThat(replicated.image().topic(other).orElseThrow()).isSameAs(otherBefore);
  }

  @Test
  void configurationEntriesComeAndGo() {
    apply(created(ORDERS, "orders"), config("retention.ms", "1000"), config("a", "b"));
    MetadataDelta delta = apply(config("retention.ms", null)).orElseThrow();

    assertThat(replicated.image().topic(ORDERS).orElseThrow().configs())
        .containsOnlyKeys("a")
        .containsEntry("a", "b");
    assertThat(delta.topics().get(ORDERS).configChanged()).isTrue();
  }

  @Test
  void deletedTopicIsToldWithWhatItWas() {
    apply(created(ORDERS, "orders"), partitions(ORDERS, 0, 2));
    MetadataDelta delta = apply(deleted(ORDERS)).orElseThrow();

    assertThat(replicated.image().topics()).isEqualTo(TopicsImage.EMPTY);
    assertThat(delta.topics().get(ORDERS).deleted()).isTrue();
    assertThat(delta.topics().get(ORDERS).before().orElseThrow().partitions()).hasSize(2);
  }

  @Test
  void topicThatLivedWithinOneEntryIsNotInTheDelta() {
    assertThat(apply(created(ORDERS, "orders"), deleted(ORDERS)).orElseThrow().topics()).isEmpty();
  }

  @Test
  void changeKeepsWhatItDoesNotName() {
    apply(created(ORDERS, "orders"), partitions(ORDERS, 0, 1));
    apply(
        change(
            PartitionChange.newBuilder()
                .setLeader(0)
                .setLeaderEpoch(1)
                .setIsr(BrokerIds.getDefaultInstance())));

    PartitionImage partition =
        replicated.image().topic(ORDERS).orElseThrow().partition(0).orElseThrow();
    assertThat(partition)
        .isEqualTo(
            new PartitionImage(
                List.of(1),
                List.of(PartitionImage.UNASSIGNED),
                List.of(),
                List.of(),
                new Leadership(0, 1, 0),
                1,
                1));
  }

  /** S19: an entry of a deposed controller changes nothing on any node. */
  @Test
  void S19_entryOfAnotherEpochIsVoid() {
    MetadataEntry late =
        MetadataEntry.newBuilder()
            .setControllerEpoch(3)
            .addRecords(created(ORDERS, "orders"))
            .build();
    assertThat(replicated.apply(4, late)).isEmpty();
    assertThat(replicated.image()).isEqualTo(MetadataImage.EMPTY);
  }

  /** S19: nor does one that was computed before another one took effect. */
  @Test
  void S19_entryFromAnOlderRevisionIsVoid() {
    apply(created(ORDERS, "orders"));
    MetadataEntry late =
        MetadataEntry.newBuilder()
            .setControllerEpoch(1)
            .setExpectedRevision(0)
            .addRecords(deleted(ORDERS))
            .build();
    assertThat(replicated.apply(1, late)).isEmpty();
    assertThat(replicated.image().topic(ORDERS)).isPresent();
  }

  @Test
  void recordOfAnUnknownKindIsRefused() {
    MetadataRecord unknown = MetadataRecord.newBuilder().setVersion(1).build();
    assertThatThrownBy(() -> apply(unknown))
        .isInstanceOf(InvalidRecordException.class)
        .hasMessageContaining("unknown kind")
        .hasMessageContaining("newer version");
  }

  @Test
  void recordOfANewerVersionIsRefused() {
    assertThatThrownBy(() -> apply(deleted(ORDERS).toBuilder().setVersion(2).build()))
        .isInstanceOf(InvalidRecordException.class)
        .hasMessageContaining("TOPIC_DELETED, version: 2 (expected: 1)");
  }

  @Test
  void refusedEntryLeavesTheImageAsItWas() {
    assertThatThrownBy(() -> apply(created(ORDERS, "orders"), deleted(new UUID(9, 9))))
        .isInstanceOf(InvalidRecordException.class);
    assertThat(replicated.image()).isEqualTo(MetadataImage.EMPTY);
  }

  @Test
  void epochThatDoesNotFollowIsRefused() {
    apply(created(ORDERS, "orders"), partitions(ORDERS, 0, 1));
    MetadataRecord skipped =
        Records.builder()
            .setPartitionsChanged(
                PartitionsChanged.newBuilder()
                    .setTopicId(Uuids.toBytes(ORDERS))
                    .addChanges(PartitionChange.newBuilder().setPartitionEpoch(2)))
            .build();
    assertThatThrownBy(() -> apply(skipped))
        .isInstanceOf(InvalidRecordException.class)
        .hasMessageContaining("partition epoch: 2 (expected: 1)");
  }

  private Optional<MetadataDelta> apply(MetadataRecord... records) {
    return replicated.apply(
        1,
        MetadataEntry.newBuilder()
            .setControllerEpoch(1)
            .setExpectedRevision(replicated.image().revision())
            .addAllRecords(List.of(records))
            .build());
  }

  private static MetadataRecord created(UUID id, String name) {
    return Records.builder()
        .setTopicCreated(TopicCreated.newBuilder().setTopicId(Uuids.toBytes(id)).setName(name))
        .build();
  }

  private static MetadataRecord deleted(UUID id) {
    return Records.builder()
        .setTopicDeleted(TopicDeleted.newBuilder().setTopicId(Uuids.toBytes(id)))
        .build();
  }

  private static MetadataRecord config(String key, @Nullable String value) {
    ConfigChange.Builder change = ConfigChange.newBuilder().setKey(key);
    if (value != null) {
      change.setValue(value);
    }
    return Records.builder()
        .setTopicConfigChanged(
            TopicConfigChanged.newBuilder().setTopicId(Uuids.toBytes(ORDERS)).addChanges(change))
        .build();
  }

  private static MetadataRecord partitions(UUID id, int first, int count) {
    PartitionImage partition =
        new PartitionImage(
            List.of(1),
            List.of(PartitionImage.UNASSIGNED),
            List.of(1),
            List.of(),
            new Leadership(1, 0, 0),
            0,
            1);
    PartitionsCreated.Builder record =
        PartitionsCreated.newBuilder().setTopicId(Uuids.toBytes(id)).setFirstPartition(first);
    for (int i = 0; i < count; i++) {
      record.addPartitions(Records.toState(partition));
    }
    return Records.builder().setPartitionsCreated(record).build();
  }

  private static MetadataRecord change(PartitionChange.Builder change) {
    return Records.builder()
        .setPartitionsChanged(
            PartitionsChanged.newBuilder()
                .setTopicId(Uuids.toBytes(ORDERS))
                .addChanges(change.setPartitionEpoch(1)))
        .build();
  }
}
