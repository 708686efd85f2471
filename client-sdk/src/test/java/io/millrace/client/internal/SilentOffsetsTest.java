package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import io.millrace.common.time.SystemClock;
import io.millrace.proto.v1.GetMetadataResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A leader that is asked for offsets and says nothing, be it cut off or slow. */
@Timeout(60)
class SilentOffsetsTest {
  private static final TopicPartition PARTITION = new TopicPartition(FakeBroker.TOPIC, 0);
  private static final Duration LONG = Duration.ofSeconds(20);

  private final FakeBroker first = new FakeBroker(1);
  private final FakeBroker second = new FakeBroker(1);
  private final ClusterClient cluster = new ClusterClient(config(), new SystemClock());
  private final MetadataCache metadata = new MetadataCache(cluster);
  private final OffsetLookup offsets = new OffsetLookup(cluster, metadata);

  private ClientConfig config() {
    String both = "127.0.0.1:" + first.port() + ",127.0.0.1:" + second.port();
    return ClientConfig.builder().bootstrap(BrokerAddress.parseList(both)).build();
  }

  @BeforeEach
  void bothKnowTheFirstLeader() {
    second.topicId = first.topicId;
    second.logStart = 7;
    second.onTold = answer -> ledBy(first, answer, 0);
    metadata.refresh(FakeBroker.TOPIC, LONG);
    first.holdsOffsets = true;
  }

  @AfterEach
  void close() {
    cluster.close();
    first.close();
    second.close();
  }

  private static GetMetadataResponse ledBy(FakeBroker leader, GetMetadataResponse told, int epoch) {
    GetMetadataResponse.Builder answer = told.toBuilder();
    answer.getBrokersBuilder(0).setPort(leader.port());
    answer.getTopicsBuilder(0).getPartitionsBuilder(0).setLeaderEpoch(epoch);
    return answer.build();
  }

  private Map<TopicPartition, Long> earliest() {
    return offsets.find(Map.of(PARTITION, OffsetSpec.earliest()), LONG);
  }

  /** Else it would be waited for until there is no time left to ask the next. */
  @Test
  void offsetsComeFromTheNextLeaderThoughTheLastOneNeverAnswers() {
    first.silent = true;
    second.onTold = answer -> ledBy(second, answer, 1);

    assertThat(earliest()).containsExactly(Map.entry(PARTITION, 7L));
    assertThat(first.offsetCalls).hasValue(1);
  }

  @Test
  void aLeaderThatIsSlowIsWaitedForAndNotAskedAnew() {
    int before = first.metadataCalls.get() + second.metadataCalls.get();
    CompletableFuture<Map<TopicPartition, Long>> found =
        CompletableFuture.supplyAsync(this::earliest);
    Awaitility.await()
        .until(() -> first.metadataCalls.get() + second.metadataCalls.get() >= before + 2);
    first.releaseOffsets();

    assertThat(found.join()).containsExactly(Map.entry(PARTITION, 0L));
    assertThat(first.offsetCalls).hasValue(1);
    assertThat(second.offsetCalls).hasValue(0);
  }
}
