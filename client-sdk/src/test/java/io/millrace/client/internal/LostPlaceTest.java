package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetReset;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.ErrorCode;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A consumer that is to go on elsewhere when its place is gone, and is refused there too. */
@Timeout(60)
class LostPlaceTest {
  private static final TopicPartition PARTITION = new TopicPartition(FakeBroker.TOPIC, 0);

  private final FakeBroker broker = new FakeBroker(1);
  private final MillraceClient client =
      MillraceClient.connect(
          broker.config().retryBackoff(Duration.ofHours(1), Duration.ofHours(1)).build());

  @AfterEach
  void close() {
    client.close();
    broker.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"ERROR_CODE_UNKNOWN_TOPIC_ID", "ERROR_CODE_OFFSET_OUT_OF_RANGE"})
  void asksAgainAfterAPauseOnly(ErrorCode refusal) {
    AtomicInteger asked = new AtomicInteger();
    broker.onSubscribe =
        partition -> {
          asked.incrementAndGet();
          return Optional.of(Error.newBuilder().setCode(refusal).build());
        };
    Consumer consumer =
        client.consumer(ConsumerConfig.builder().offsetReset(OffsetReset.EARLIEST).build());
    consumer.assign(PARTITION, OffsetSpec.offset(0));
    while (consumer.trouble().isEmpty()) {
      assertThat(consumer.poll(Duration.ofMillis(5))).isEmpty();
    }
    assertThat(consumer.poll(Duration.ofMillis(50))).isEmpty();
    assertThat(asked).hasValue(1);
  }

  @Test
  void aSeekDoesNotWaitForThePause() {
    broker.onSubscribe =
        partition -> {
          broker.onSubscribe = other -> Optional.empty();
          return Optional.of(
              Error.newBuilder().setCode(ErrorCode.ERROR_CODE_OFFSET_OUT_OF_RANGE).build());
        };
    Consumer consumer =
        client.consumer(ConsumerConfig.builder().offsetReset(OffsetReset.EARLIEST).build());
    consumer.assign(PARTITION, OffsetSpec.offset(0));
    while (consumer.trouble().isEmpty()) {
      assertThat(consumer.poll(Duration.ofMillis(5))).isEmpty();
    }
    consumer.seek(PARTITION, OffsetSpec.offset(0));
    while (consumer.trouble().isPresent()) {
      assertThat(consumer.poll(Duration.ofMillis(5))).isEmpty();
    }
  }
}
