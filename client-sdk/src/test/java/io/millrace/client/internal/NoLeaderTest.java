package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.OffsetsFound;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.GetMetadataResponse;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is told of a partition that nobody leads. */
@Timeout(60)
class NoLeaderTest {
  private static final TopicPartition LED = new TopicPartition(FakeBroker.TOPIC, 0);
  private static final TopicPartition NOT_LED = new TopicPartition(FakeBroker.TOPIC, 1);

  private final FakeBroker broker = new FakeBroker(2);

  @AfterEach
  void close() {
    broker.close();
  }

  /** Nobody waits until a disk is mended. */
  @Test
  void offsetsInADirectoryThatIsOfflineAreGivenUpAtOnce() {
    broker.onTold =
        answer ->
            withoutLeader(
                answer,
                Error.newBuilder()
                    .setCode(io.millrace.proto.v1.ErrorCode.ERROR_CODE_LOG_DIR_OFFLINE)
                    .setMessage("directory 7 is offline")
                    .build());
    try (MillraceClient client =
        MillraceClient.connect(broker.config().requestTimeout(Duration.ofSeconds(50)).build())) {
      OffsetsFound found =
          client.admin().offsetsNow(Map.of(LED, OffsetSpec.latest(), NOT_LED, OffsetSpec.latest()));
      assertThat(found.offsets()).containsOnlyKeys(LED);
      MillraceError why = found.unknown().get(NOT_LED);
      assertThat(why.code()).isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
      assertThat(why.message()).isEqualTo("directory 7 is offline");
      assertThat(broker.metadataCalls.get()).isLessThan(3);
    }
  }

  /** A broker of an earlier version does not say why. */
  @Test
  void partitionWithoutALeaderIsLookedForUntilTheTimeOut() {
    broker.onTold = answer -> withoutLeader(answer, Error.getDefaultInstance());
    try (MillraceClient client =
        MillraceClient.connect(broker.config().requestTimeout(Duration.ofMillis(500)).build())) {
      Map<TopicPartition, OffsetSpec> led = Map.of(LED, OffsetSpec.latest());
      Awaitility.await().until(() -> !client.admin().offsetsNow(led).offsets().isEmpty());
      OffsetsFound found = client.admin().offsetsNow(Map.of(NOT_LED, OffsetSpec.latest()));
      assertThat(found.unknown().get(NOT_LED).code()).isEqualTo(ErrorCode.LEADER_NOT_AVAILABLE);
    }
  }

  private static GetMetadataResponse withoutLeader(GetMetadataResponse answer, Error why) {
    GetMetadataResponse.Builder told = answer.toBuilder();
    told.getTopicsBuilderList()
        .forEach(
            topic -> {
              var partition = topic.getPartitionsBuilder(1).setLeaderId(0);
              if (why.getCodeValue() != 0) {
                partition.setWhyNoLeader(why);
              }
            });
    return told.build();
  }
}
