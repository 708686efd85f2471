package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.client.api.SendCallback;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The ways to send beside the future. */
@Timeout(60)
class ProducerCallbackTest extends FakeBrokerTest {
  private final BlockingQueue<Told> told = new LinkedBlockingQueue<>();
  private final Producer producer =
      client.producer(
          ProducerConfig.builder().batchBytes(200).linger(Duration.ofMillis(1)).build());

  ProducerCallbackTest() {
    super(3);
  }

  /** What a callback was told, and where. */
  private record Told(String where, RecordMetadata metadata, MillraceException error) {}

  private static ProducerRecord record(String value) {
    return ProducerRecord.of(FakeBroker.TOPIC, value.getBytes(StandardCharsets.UTF_8))
        .toPartition(1);
  }

  private SendCallback teller() {
    return (metadata, error) ->
        told.add(new Told(Thread.currentThread().getName(), metadata, error));
  }

  private Told next() throws InterruptedException {
    Told next = told.poll(20, TimeUnit.SECONDS);
    assertThat(next).as("what the callback was told").isNotNull();
    return next;
  }

  @Test
  void tellsTheCallbackOfEachRecordWhereItIsOnTheProducersThread() throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      producer.send(record("value " + i), teller());
    }
    for (int i = 0; i < 100; i++) {
      Told answer = next();
      assertThat(answer.where()).isEqualTo("millrace-producer");
      assertThat(answer.error()).isNull();
      assertThat(answer.metadata().offset()).isEqualTo(i);
      assertThat(answer.metadata().partition()).isEqualTo(1);
      assertThat(answer.metadata().timestampMs()).isPositive();
    }
    assertThat(told).isEmpty();
  }

  @Test
  void tellsTheRightOffsetAndTimeToThoseWhoAskAmongThoseWhoDoNot() throws InterruptedException {
    for (int i = 0; i < 60; i++) {
      ProducerRecord record = record("value " + i).at(1_000 + i);
      if (i % 3 == 1) {
        producer.send(record, teller());
      } else {
        producer.sendAndForget(record);
      }
    }
    for (int i = 1; i < 60; i += 3) {
      assertThat(next().metadata())
          .isEqualTo(new RecordMetadata(FakeBroker.TOPIC, 1, i, 1_000 + i));
    }
    producer.flush();
    assertThat(broker.values(1)).hasSize(60);
    assertThat(producer.metrics().failures().forgotten()).isZero();
  }

  @Test
  void callbacksThatThrowHarmNeitherTheProducerNorOtherRecords() throws InterruptedException {
    for (int i = 0; i < 10; i++) {
      producer.send(
          record("value " + i),
          (metadata, error) -> {
            throw new IllegalStateException("thrown by the test");
          });
      producer.send(
          record("error " + i),
          (metadata, error) -> {
            throw new AssertionError("thrown by the test");
          });
      producer.send(record("good " + i), teller());
    }
    for (int i = 0; i < 10; i++) {
      assertThat(next().metadata().offset()).isEqualTo(3 * i + 2);
    }
    producer.flush();
    assertThat(producer.metrics().failures().callbacks()).isEqualTo(20);
    assertThat(producer.sendAndWait(record("after")).offset()).isEqualTo(30);
  }

  @Test
  void tellsTheCallbackWhyARecordWasRefused() throws InterruptedException {
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_BATCH_TOO_LARGE, 1);
    producer.send(record("refused"), teller());
    Told answer = next();
    assertThat(answer.where()).isEqualTo("millrace-producer");
    assertThat(answer.metadata()).isNull();
    assertThat(answer.error().code()).isEqualTo(ErrorCode.BATCH_TOO_LARGE);
  }

  @Test
  void tellsOfARecordThatGotIntoNoBatchBeforeTheSendReturns() {
    producer.send(ProducerRecord.of("nowhere", new byte[1]), teller());
    assertThat(told)
        .singleElement()
        .satisfies(
            answer -> {
              assertThat(answer.where()).isEqualTo(Thread.currentThread().getName());
              assertThat(answer.error().code()).isEqualTo(ErrorCode.UNKNOWN_TOPIC);
            });
    producer.send(
        ProducerRecord.of("nowhere", new byte[1]),
        (metadata, error) -> {
          throw new IllegalStateException("thrown by the test");
        });
    assertThat(producer.metrics().failures().callbacks()).isEqualTo(1);
  }

  @Test
  void countsTheFailuresOfRecordsThatNobodyAsksAbout() {
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_BATCH_TOO_LARGE, 1);
    producer.sendAndForget(record("refused"));
    producer.flush();
    producer.sendAndForget(ProducerRecord.of("nowhere", new byte[1]));
    producer.sendAndForget(record("taken"));
    producer.flush();
    assertThat(producer.metrics().failures().forgotten()).isEqualTo(2);
    assertThat(broker.values(1)).containsExactly("taken");
  }

  @Test
  void waitsForTheAnswerOrThrowsTheFailure() {
    assertThat(producer.sendAndWait(record("first")).offset()).isZero();
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_BATCH_TOO_LARGE, 1);
    assertThatThrownBy(() -> producer.sendAndWait(record("refused")))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("BATCH_TOO_LARGE");
  }

  @Test
  void anInterruptEndsTheWaitForAnAnswer() {
    broker.refuseNext(io.millrace.proto.v1.ErrorCode.ERROR_CODE_THROTTLED, 1_000);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> producer.sendAndWait(record("kept")))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("interrupted");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void refusesInACallbackWhatWouldWaitForItsOwnThread() {
    CompletableFuture<List<Throwable>> thrown = new CompletableFuture<>();
    producer.send(
        record("first"),
        (metadata, error) ->
            thrown.complete(
                List.of(
                    catchThrowable(() -> producer.sendAndWait(record("inner"))),
                    catchThrowable(producer::flush))));
    assertThat(thrown)
        .succeedsWithin(Duration.ofSeconds(20))
        .satisfies(
            both ->
                assertThat(both)
                    .allSatisfy(
                        one ->
                            assertThat(one)
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessageContaining("in a callback")));
  }

  private static Throwable catchThrowable(Runnable action) {
    return org.assertj.core.api.Assertions.catchThrowable(action::run);
  }

  @Test
  void takesARecordThatACallbackSends() throws InterruptedException {
    producer.send(record("first"), (metadata, error) -> producer.send(record("second"), teller()));
    assertThat(next().metadata().offset()).isEqualTo(1);
  }

  /** Sends in a callback; what it was told before the send returned, if anything. */
  private Optional<Told> sendInACallback(ProducerRecord record) throws InterruptedException {
    CompletableFuture<Optional<Told>> atOnce = new CompletableFuture<>();
    producer.send(
        record("outer"),
        (metadata, error) -> {
          producer.send(record, teller());
          atOnce.complete(Optional.ofNullable(told.poll()));
        });
    return atOnce.orTimeout(20, TimeUnit.SECONDS).join();
  }

  private void assertFailsAtOnceInACallbackAndIsTakenLater(ProducerRecord record)
      throws InterruptedException {
    assertThat(sendInACallback(record))
        .hasValueSatisfying(
            answer -> assertThat(answer.error().code()).isEqualTo(ErrorCode.UNAVAILABLE));
    Awaitility.await()
        .pollInterval(Duration.ofMillis(2))
        .until(() -> sendInACallback(record).isEmpty());
    assertThat(next().error()).isNull();
  }

  @Test
  void aRecordToATopicThatIsNotKnownFailsAtOnceInACallbackAndFindsItLater()
      throws InterruptedException {
    assertFailsAtOnceInACallbackAndIsTakenLater(
        ProducerRecord.of(FakeBroker.MANY + "1", new byte[10]));
  }

  @Test
  void aLargeRecordFailsAtOnceInACallbackWhileTheBrokersBoundIsNotKnown()
      throws InterruptedException {
    assertFailsAtOnceInACallbackAndIsTakenLater(
        ProducerRecord.of(FakeBroker.TOPIC, new byte[70_000]).toPartition(0));
  }

  @Test
  void aRecordThatGotIntoNoBatchIsSurelyNotInTheLog() throws InterruptedException {
    producer.send(ProducerRecord.of("nowhere", new byte[1]), teller());
    assertThat(next().error().error().details())
        .containsEntry("maybe_appended", "false")
        .containsEntry("topic", "nowhere");
  }
}
