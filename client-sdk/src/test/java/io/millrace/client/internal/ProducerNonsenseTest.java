package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerMetrics;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.client.internal.FakeBroker.Fault;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.record.RecordReader;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.ProduceFrameResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A broker that answers late, or nonsense: no record is doubled, lost or elsewhere (S28). */
@Timeout(60)
class ProducerNonsenseTest extends FakeBrokerTest {

  ProducerNonsenseTest() {
    super(3);
  }

  private static ProducerConfig.Builder small() {
    return ProducerConfig.builder().batchBytes(200).linger(Duration.ofMillis(1));
  }

  private static ProducerRecord record(String value) {
    return ProducerRecord.of(FakeBroker.TOPIC, value.getBytes(StandardCharsets.UTF_8))
        .toPartition(1);
  }

  private static List<CompletableFuture<RecordMetadata>> send(Producer producer, int count) {
    List<CompletableFuture<RecordMetadata>> futures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      futures.add(producer.send(record("value " + i)));
    }
    return futures;
  }

  private void assertInOrderOnce(List<CompletableFuture<RecordMetadata>> futures) {
    for (int i = 0; i < futures.size(); i++) {
      assertThat(futures.get(i).join().offset()).isEqualTo(i);
      assertThat(broker.values(1).get(i)).isEqualTo("value " + i);
    }
    assertThat(broker.values(1)).hasSize(futures.size());
  }

  private static ProduceFrameResult with(
      ProduceFrameResult honest, UnaryOperator<PartitionProduceResult.Builder> change) {
    return honest.toBuilder().setResult(change.apply(honest.getResult().toBuilder())).build();
  }

  /** One answer in so many is a lie. */
  private void lieNowAndThen(UnaryOperator<PartitionProduceResult.Builder> lie) {
    AtomicInteger answers = new AtomicInteger();
    broker.onResult =
        results ->
            answers.incrementAndGet() % 5 == 2 ? List.of(with(results.get(0), lie)) : results;
  }

  @Test
  void passesOverAnswersToFramesThatItNeverSentAndSecondAnswers() {
    broker.onResult =
        results -> {
          ProduceFrameResult honest = results.get(0);
          Error refusal =
              Error.newBuilder()
                  .setCode(io.millrace.proto.v1.ErrorCode.ERROR_CODE_INVALID_RECORD)
                  .build();
          return List.of(
              honest.toBuilder().setFrameId(honest.getFrameId() + 1_000_000).build(),
              honest.toBuilder().setFrameId(0).build(),
              honest.toBuilder().setFrameId(-1).build(),
              honest,
              honest,
              with(honest, r -> r.setError(refusal)));
        };
    assertInOrderOnce(send(client.producer(small().build()), 200));
  }

  enum Lie {
    OTHER_PARTITION,
    NO_SUCH_PARTITION,
    OTHER_TOPIC,
    NO_TOPIC,
    NEGATIVE_OFFSET,
    TOO_MANY_OFFSETS,
    TOO_FEW_OFFSETS,
    OVERFLOWING_OFFSETS
  }

  @ParameterizedTest
  @EnumSource(Lie.class)
  void S28_sendsAgainOnAnotherStreamWhatWasAnsweredWithNonsense(Lie lie) {
    lieNowAndThen(
        r ->
            switch (lie) {
              case OTHER_PARTITION -> r.setPartition(2);
              case NO_SUCH_PARTITION -> r.setPartition(-7);
              case OTHER_TOPIC -> r.setTopicId(ByteString.copyFrom(new byte[16]));
              case NO_TOPIC -> r.setTopicId(ByteString.EMPTY);
              case NEGATIVE_OFFSET -> r.setBaseOffset(-1).setLastOffset(-1);
              case TOO_MANY_OFFSETS -> r.setLastOffset(r.getLastOffset() + 1);
              case TOO_FEW_OFFSETS -> r.setLastOffset(r.getBaseOffset() - 1);
              case OVERFLOWING_OFFSETS -> r.setBaseOffset(Long.MAX_VALUE).setLastOffset(3);
            });
    Producer producer = client.producer(small().build());
    assertInOrderOnce(send(producer, 30));
    producer.flush();
    assertThat(producer.metrics().frames().retries()).isPositive();
    assertThat(producer.metrics().buffer().usedBytes()).isZero();
  }

  @Test
  void tellsWhatTheBrokerSaidWhenItAnswersNothingButNonsense() {
    // Otherwise the first look-up and the first classes may take all of that time.
    client.producer(small().build()).sendAndWait(record("before"));
    broker.onResult = results -> List.of(with(results.get(0), r -> r.setPartition(2)));
    Producer producer = client.producer(small().deliveryTimeout(Duration.ofSeconds(3)).build());
    assertThatThrownBy(() -> producer.sendAndWait(record("doubtful")))
        .isInstanceOfSatisfying(
            MillraceException.class,
            e -> assertThat(e.error().details()).containsEntry("maybe_appended", "true"))
        .hasMessageContaining("answered nonsense: an answer about partition 2 to a frame of")
        .hasMessageContaining("not delivered within 3000 ms");
    assertThat(broker.values(1)).containsExactly("before", "doubtful");
  }

  @Test
  void aCodeThatItDoesNotKnowFailsTheBatchAndLeavesItInDoubt() {
    Producer producer = client.producer(small().build());
    producer.sendAndWait(record("before"));
    broker.refusals.add(Error.newBuilder().setCodeValue(9_999).setMessage("from afar").build());
    assertThatThrownBy(() -> producer.sendAndWait(record("refused")))
        .isInstanceOfSatisfying(
            MillraceException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
              assertThat(e.error().details()).containsEntry("maybe_appended", "true");
            });
    producer.sendAndWait(record("after"));
    assertThat(broker.values(1)).containsExactly("before", "after");
  }

  @Test
  void outlivesEveryStatusThatAStreamCanEndWith() {
    Status.Code[] codes = Status.Code.values();
    AtomicInteger cuts = new AtomicInteger();
    broker.fault =
        frame -> {
          if (cuts.get() == codes.length || frame % 3 != 1) {
            return Fault.NONE;
          }
          Status.Code code = codes[cuts.getAndIncrement()];
          broker.cutStatus =
              Status.fromCode(code == Status.Code.OK ? Status.Code.UNKNOWN : code)
                  .withDescription("\u0000\uffff".repeat(100));
          return frame % 2 == 0 ? Fault.CUT : Fault.APPEND_AND_CUT;
        };
    assertInOrderOnce(send(client.producer(small().build()), 600));
    assertThat(cuts).hasValue(codes.length);
  }

  @Test
  void isNotKeptWaitingByAHugeRetryHint() {
    Producer producer = client.producer(small().build());
    producer.sendAndWait(record("before"));
    broker.refusals.add(
        Error.newBuilder()
            .setCode(io.millrace.proto.v1.ErrorCode.ERROR_CODE_THROTTLED)
            .setMessage("come back in a year")
            .putDetails("retry_after_ms", Long.toString(Long.MAX_VALUE))
            .build());
    assertThat(producer.send(record("after"))).succeedsWithin(Duration.ofSeconds(10));
  }

  @Test
  void S28_anAnswerAfterTheDeliveryTimeoutDoublesNothingAndHarmsNoLaterRecord() {
    Producer producer = client.producer(small().deliveryTimeout(Duration.ofSeconds(3)).build());
    producer.sendAndWait(record("before"));
    broker.holdsAnswers = true;
    CompletableFuture<RecordMetadata> late = producer.send(record("late"));
    assertThatThrownBy(late::join)
        .isInstanceOf(CompletionException.class)
        .hasMessageContaining("REQUEST_TIMED_OUT");
    broker.releaseAnswers();
    assertThat(producer.sendAndWait(record("after")).offset()).isEqualTo(2);
    assertThat(broker.values(1)).containsExactly("before", "late", "after");
    assertThat(producer.metrics().answered().failedRecords()).isEqualTo(1);
    // A batch is put away after its records are answered.
    Awaitility.await().until(() -> producer.metrics().buffer().usedBytes() == 0);
  }

  @Test
  void S28_answersThatRaceWithTimeOutsAndCutsDoubleNothingAndTellTheTruth() {
    Producer producer = client.producer(small().deliveryTimeout(Duration.ofMillis(60)).build());
    List<CompletableFuture<RecordMetadata>> futures = new ArrayList<>();
    broker.fault = frame -> frame % 13 == 5 ? Fault.APPEND_AND_CUT : Fault.NONE;
    for (int i = 0; i < 300; i++) {
      futures.add(producer.send(record("value " + i)));
      if (i % 20 == 10) {
        broker.holdsAnswers = true;
        assertThat(producer.flush(Duration.ofMillis(50 + i % 30))).isIn(true, false);
        broker.releaseAnswers();
      }
    }
    producer.flush();
    List<String> log = broker.values(1);
    assertThat(log).doesNotHaveDuplicates();
    int last = -1;
    for (int i = 0; i < futures.size(); i++) {
      String value = "value " + i;
      if (!futures.get(i).isCompletedExceptionally()) {
        assertThat(log.get((int) futures.get(i).join().offset())).isEqualTo(value);
      }
      if (log.contains(value)) {
        assertThat(log.indexOf(value)).isGreaterThan(last);
        last = log.indexOf(value);
      }
    }
    assertThat(producer.metrics().buffer().usedBytes()).isZero();
  }

  @Test
  void noRecordThatWasUnderWayToADeletedTopicLandsInTheNewOneOfThatName() {
    Producer producer = client.producer(small().build());
    producer.sendAndWait(record("before"));
    broker.answersNothing = true;
    List<CompletableFuture<RecordMetadata>> underWay = send(producer, 30);
    Awaitility.await().until(() -> producer.metrics().frames().sent() > 1);
    broker.recreateTopic();
    broker.answersNothing = false;
    broker.cutProduceStreams();
    for (CompletableFuture<RecordMetadata> future : underWay) {
      assertThatThrownBy(future::join).hasMessageContaining("UNKNOWN_TOPIC_ID");
    }
    assertThat(broker.values(1)).isEmpty();
    assertThat(producer.sendAndWait(record("after")).offset()).isZero();
    assertThat(broker.values(1)).containsExactly("after");
  }

  @Test
  void failsByTheDeliveryTimeoutAlsoWithoutAnyIdentity() {
    broker.hidesIdentities = true;
    Producer producer = client.producer(small().deliveryTimeout(Duration.ofMillis(300)).build());
    assertThat(producer.send(record("lost")))
        .failsWithin(Duration.ofSeconds(5))
        .withThrowableThat()
        .withMessageContaining("not delivered within 300 ms; no broker gave an identity");
  }

  /** Kafka's CVE-2026-35554 is what happens otherwise. */
  @Test
  void everyByteArrivesAsItWasSentThoughTimeOutsAndRepeatsMeetASlowBroker() {
    AtomicInteger wrong = new AtomicInteger();
    broker.onBatch =
        batch -> {
          if (!batch.crcValid()) {
            wrong.incrementAndGet();
            return;
          }
          RecordReader.forEach(
              batch,
              1 << 20,
              r -> {
                byte[] value = new byte[r.value().remaining()];
                r.value().duplicate().get(value);
                int number = Integer.parseInt(new String(value, 0, 6, StandardCharsets.US_ASCII));
                if (!java.util.Arrays.equals(value, pattern(number))) {
                  wrong.incrementAndGet();
                }
              });
        };
    broker.fault = frame -> frame % 17 == 3 ? Fault.APPEND_AND_CUT : Fault.NONE;
    broker.readsSlowly = true;
    Producer producer =
        client.producer(
            ProducerConfig.builder()
                .batchBytes(30_000)
                .linger(Duration.ofMillis(1))
                .bufferBytes(600_000)
                .deliveryTimeout(Duration.ofMillis(250))
                .build());
    AtomicInteger number = new AtomicInteger();
    Awaitility.await()
        .atMost(Duration.ofSeconds(40))
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              for (int i = 0; i < 600; i++) {
                int next = number.getAndIncrement();
                producer.sendAndForget(
                    ProducerRecord.of(FakeBroker.TOPIC, pattern(next)).toPartition(next % 3));
              }
              return sawEverything(producer.metrics());
            });
    producer.flush();
    assertThat(wrong).hasValue(0);
    assertThat(broker.corrupt).hasValue(0);
    assertThat(producer.metrics().buffer().usedBytes()).isZero();
  }

  private static boolean sawEverything(ProducerMetrics metrics) {
    return metrics.answered().failedRecords() > 100
        && metrics.answered().records() > 1_000
        && metrics.frames().retries() > 10;
  }

  private static byte[] pattern(int number) {
    byte[] value = new byte[1_000];
    new Random(number).nextBytes(value);
    byte[] name = String.format("%06d", number).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(name, 0, value, 0, name.length);
    return value;
  }
}
