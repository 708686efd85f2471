package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerInterceptor;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.MillraceException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ProducerInterceptorTest extends FakeBrokerTest {
  private final List<String> seen = new CopyOnWriteArrayList<>();

  ProducerInterceptorTest() {
    super(3);
  }

  private Producer producer(ProducerInterceptor... interceptors) {
    return client.producer(
        ProducerConfig.builder()
            .linger(Duration.ofMillis(1))
            .interceptors(List.of(interceptors))
            .build());
  }

  private static ProducerRecord record(String value) {
    return ProducerRecord.of(FakeBroker.TOPIC, value.getBytes(StandardCharsets.UTF_8))
        .toPartition(1);
  }

  /** Appends its name to every value, and notes the answers. */
  private final class Naming implements ProducerInterceptor {
    private final String name;

    Naming(String name) {
      this.name = name;
    }

    @Override
    public ProducerRecord onSend(ProducerRecord record) {
      return ProducerInterceptorTest.record(new String(record.value()) + name);
    }

    @Override
    public void onAcknowledgement(
        ProducerRecord record,
        @Nullable RecordMetadata metadata,
        @Nullable MillraceException error) {
      seen.add(
          name
              + " "
              + new String(record.value())
              + " "
              + (metadata != null ? metadata.offset() : error.code()));
    }
  }

  private static ProducerInterceptor throwing() {
    return new ProducerInterceptor() {
      @Override
      public ProducerRecord onSend(ProducerRecord record) {
        throw new IllegalStateException("thrown by the test");
      }

      @Override
      public void onAcknowledgement(
          ProducerRecord record,
          @Nullable RecordMetadata metadata,
          @Nullable MillraceException error) {
        throw new AssertionError("thrown by the test");
      }
    };
  }

  @Test
  void changesRecordsInTurnAndSeesTheirAnswersBeforeTheCallback() {
    Producer producer = producer(new Naming("A"), new Naming("B"));
    producer.send(record("x"), (metadata, error) -> seen.add("callback"));
    producer.flush();
    assertThat(broker.values(1)).containsExactly("xAB");
    assertThat(seen).containsExactly("A xAB 0", "B xAB 0", "callback");
  }

  @Test
  void seesFailuresOfBatchesAndOfRecordsThatGotIntoNone() {
    Producer producer = producer(new Naming("A"));
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_INVALID_RECORD, 1);
    assertThatThrownBy(() -> producer.sendAndWait(record("x")))
        .hasMessageContaining("INVALID_RECORD");
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_INVALID_RECORD, 1);
    producer.sendAndForget(record("y"));
    producer.flush();
    assertThat(seen).containsExactly("A xA INVALID_RECORD", "A yA INVALID_RECORD");
    assertThat(producer.metrics().failures().forgotten()).isEqualTo(1);
  }

  @Test
  void oneThatThrowsOrGivesNoRecordIsAsIfItWereNotThere() {
    ProducerInterceptor noRecord =
        new ProducerInterceptor() {
          @Override
          @SuppressWarnings("NullAway") // the mistake is the point
          public ProducerRecord onSend(ProducerRecord record) {
            return null;
          }
        };
    Producer producer = producer(throwing(), noRecord, new Naming("A"));
    assertThat(producer.sendAndWait(record("x")).offset()).isZero();
    assertThat(broker.values(1)).containsExactly("xA");
    assertThat(seen).containsExactly("A xA 0");
    assertThat(producer.metrics().failures().interceptors()).isEqualTo(3);
  }
}
