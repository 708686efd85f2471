package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.OffsetsFound;
import io.millrace.common.ErrorCode;
import io.millrace.common.TopicPartition;
import io.millrace.common.time.SystemClock;
import io.millrace.proto.v1.Error;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Offsets of several partitions, of which some can't be told. */
@Timeout(60)
class OffsetLookupTest {
  private static final TopicPartition ZERO = new TopicPartition(FakeBroker.TOPIC, 0);
  private static final TopicPartition ONE = new TopicPartition(FakeBroker.TOPIC, 1);
  private static final TopicPartition GHOST = new TopicPartition("ghost", 0);
  private static final Duration LONG = Duration.ofSeconds(20);

  /** Leads partition 0. */
  private final FakeBroker first = new FakeBroker(2);

  /** Leads partition 1. */
  private final FakeBroker second = new FakeBroker(2);

  private final ClusterClient cluster = new ClusterClient(config(), new SystemClock());
  private final MetadataCache metadata = new MetadataCache(cluster);
  private final OffsetLookup offsets = new OffsetLookup(cluster, metadata);

  private ClientConfig config() {
    String both = "127.0.0.1:" + first.port() + ",127.0.0.1:" + second.port();
    return ClientConfig.builder().bootstrap(BrokerAddress.parseList(both)).build();
  }

  @BeforeEach
  void theSecondLeadsPartitionOne() {
    second.topicId = first.topicId;
    first.logStart = 7;
    second.logStart = 7;
    first.onTold =
        answer -> {
          var told = FakeBroker.withSecond(answer, second);
          told.getTopicsBuilderList().stream()
              .filter(topic -> topic.getPartitionsCount() > 1)
              .forEach(topic -> topic.getPartitionsBuilder(1).setLeaderId(2));
          return told.build();
        };
  }

  @AfterEach
  void close() {
    cluster.close();
    first.close();
    second.close();
  }

  private static Map<TopicPartition, OffsetSpec> earliestOf(TopicPartition... partitions) {
    Map<TopicPartition, OffsetSpec> places = new HashMap<>();
    for (TopicPartition partition : partitions) {
      places.put(partition, OffsetSpec.earliest());
    }
    return places;
  }

  @Test
  void whatIsKnownIsToldBeforeOthersAreAskedForATopicThatOneDoesNotKnow() {
    second.silent = true;

    OffsetsFound told = offsets.findSome(earliestOf(ZERO, GHOST), LONG);

    assertThat(told.offsets()).containsExactly(Map.entry(ZERO, 7L));
    assertThat(told.unknown()).isEmpty();
    assertThat(second.metadataCalls).as("who may keep us waiting").hasValue(0);
    second.silent = false;
    assertThat(offsets.findSome(earliestOf(GHOST), LONG).unknown().get(GHOST).code())
        .isEqualTo(ErrorCode.UNKNOWN_TOPIC);
  }

  @Test
  void whatIsKnownIsToldThoughAnotherPartitionHasNoLeader() {
    first.onTold =
        answer -> {
          var told = answer.toBuilder();
          told.getTopicsBuilder(0).getPartitionsBuilder(1).setLeaderId(-1);
          return told.build();
        };

    OffsetsFound told = offsets.findSome(earliestOf(ZERO, ONE), LONG);

    assertThat(told.offsets()).containsExactly(Map.entry(ZERO, 7L));
    assertThat(told.unknown()).as("one may be elected soon").isEmpty();
  }

  @Test
  void anUnknownTopicIsOneOfThoseThatAreNotToldNowAndTheOthersAre() {
    OffsetsFound told = offsets.findNow(earliestOf(ZERO, ONE, GHOST), LONG);

    assertThat(told.offsets()).isEqualTo(Map.of(ZERO, 7L, ONE, 7L));
    assertThat(told.unknown()).containsOnlyKeys(GHOST);
  }

  @Test
  void whoWantsAllIsToldOfTheUnknownTopicAtOnce() {
    assertThatThrownBy(() -> offsets.find(earliestOf(ZERO, GHOST), LONG))
        .hasMessageContaining("topic: ghost");
  }

  @Test
  void whatIsUnderWayIsCancelledWhenAnotherLeaderRefusesForGood() {
    first.holdsOffsets = true;
    second.offsetRefusal =
        Optional.of(
            Error.newBuilder()
                .setCode(io.millrace.proto.v1.ErrorCode.ERROR_CODE_INVALID_REQUEST)
                .setMessage("as the test wants it")
                .build());

    assertThatThrownBy(() -> offsets.find(earliestOf(ZERO, ONE), LONG))
        .hasMessageContaining("as the test wants it");

    Awaitility.await().until(() -> first.cancelledOffsetCalls.get() == 1);
  }
}
