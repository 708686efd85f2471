package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.rpc.Forwarder.Passage;
import io.millrace.broker.rpc.LeaderAppends.Append;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.v1.PartitionProduceResult;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A broker that brings batches to a leader over a bad network, in virtual time. */
class ForwarderTest {
  private static final int HERE = 3;
  private static final int LEADER = 1;
  private static final int OTHER_LEADER = 2;
  private static final long TIMEOUT_MS = 10_000;
  private static final long MOST_BYTES = 1_000;
  private static final int MOST_LANES = 64;

  private final VirtualTime time = new VirtualTime();
  private final ModelLeader leader = new ModelLeader();
  private final AtomicLong producerIds = new AtomicLong();

  /** What the next requests for a producer id are refused with. */
  private final ArrayDeque<ErrorCode> idRefusals = new ArrayDeque<>();

  private final MetadataImage image =
      Images.withTopic(
          Images.of(0, 0),
          "orders",
          List.of(
              Images.partition(LEADER, List.of(1, 2, 3), 2),
              Images.partition(OTHER_LEADER, List.of(1, 2, 3), 2)));
  private final Forwarder forwarder =
      new Forwarder(
          HERE,
          leader,
          new PartitionLeaders(() -> image),
          this::nextProducerId,
          time,
          time,
          MOST_BYTES);

  @Test
  void S28_lostAnswerDoesNotDoubleTheBatch() {
    leader.plan.add(leader::loseAnswer);
    leader.plan.add(leader::loseAnswer);

    assertThat(publish("a", "b").getBaseOffset()).isZero();
    assertThat(publish("c").getBaseOffset()).isEqualTo(2);

    assertThat(leader.log).containsExactly("a", "b", "c");
    assertThat(leader.attempts).hasSize(4);
  }

  @Test
  void leaderIsLookedForUntilThereIsOne() {
    leader.plan.add(append -> ModelLeader.refuse(ErrorCode.NOT_LEADER));
    leader.plan.add(append -> ModelLeader.refuse(ErrorCode.LEADER_NOT_AVAILABLE));
    leader.plan.add(append -> ModelLeader.away());
    leader.plan.add(append -> ModelLeader.refuse(ErrorCode.UNKNOWN_TOPIC_ID));

    assertThat(publish("a").hasError()).isFalse();
    assertThat(publish("b").getBaseOffset()).isEqualTo(1);

    assertThat(leader.log).containsExactly("a", "b");
  }

  @Test
  void whyNothingCouldBeAppendedIsToldAtTheDeadline() {
    for (int i = 0; i < 1_000; i++) {
      leader.plan.add(append -> ModelLeader.refuse(ErrorCode.NOT_ENOUGH_REPLICAS));
      leader.plan.add(append -> ModelLeader.refuse(ErrorCode.FENCED_LEADER_EPOCH));
    }
    assertThat(code(publish("a"))).isEqualTo("NOT_ENOUGH_REPLICAS");
    assertThat(leader.attempts).as("a repeat does not help").hasSize(1);
    assertThat(time.nowMs()).isZero();

    assertThat(code(publishUnder("b", ErrorCode.FENCED_LEADER_EPOCH)))
        .isEqualTo("FENCED_LEADER_EPOCH");
    assertThat(time.nowMs()).isEqualTo(TIMEOUT_MS);
    assertThat(leader.attempts).hasSizeGreaterThan(10);
  }

  private PartitionProduceResult publishUnder(String value, ErrorCode refusal) {
    leader.plan.clear();
    for (int i = 0; i < 1_000; i++) {
      leader.plan.add(append -> ModelLeader.refuse(refusal));
    }
    return publish(value);
  }

  @Test
  void whatMayHaveBeenAppendedTimesOut() {
    leader.plan.add(leader::loseAnswer);
    for (int i = 0; i < 1_000; i++) {
      leader.plan.add(append -> ModelLeader.refuse(ErrorCode.NOT_LEADER));
    }
    assertThat(code(publish("a"))).isEqualTo("REQUEST_TIMED_OUT");
    assertThat(time.nowMs()).isEqualTo(TIMEOUT_MS);
  }

  @Test
  void S28_refusalOfARepeatDoesNotPassForTheResultOfABatchInDoubt() {
    for (ErrorCode refusal :
        List.of(
            ErrorCode.NOT_ENOUGH_REPLICAS,
            ErrorCode.THROTTLED,
            ErrorCode.CORRUPT_BATCH,
            ErrorCode.LOG_DIR_OFFLINE)) {
      leader.plan.add(leader::loseAnswer);
      leader.plan.add(append -> ModelLeader.refuse(refusal));
      assertThat(publish(refusal.name()).hasError()).as("%s, then answered", refusal).isFalse();
      assertThat(leader.log).endsWith(refusal.name());
    }
    assertThat(leader.log).hasSize(4);
  }

  @Test
  void batchInDoubtIsNeverToldAsRefused() {
    for (ErrorCode refusal :
        List.of(
            ErrorCode.NOT_ENOUGH_REPLICAS,
            ErrorCode.THROTTLED,
            ErrorCode.INVALID_TIMESTAMP,
            ErrorCode.POLICY_VIOLATION,
            ErrorCode.INVALID_PRODUCER_EPOCH,
            ErrorCode.OUT_OF_ORDER_SEQUENCE)) {
      leader.plan.clear();
      leader.plan.add(leader::loseAnswer);
      for (int i = 0; i < 1_000; i++) {
        leader.plan.add(append -> ModelLeader.refuse(refusal));
      }
      PartitionProduceResult result = publish("a");
      assertThat(code(result)).as("after %s", refusal).isEqualTo("REQUEST_TIMED_OUT");
      assertThat(result.getError().getMessage()).contains(refusal.name());
    }
  }

  @Test
  void whatIsKnownOfTheLogIsToldOfABatchInDoubt() {
    leader.plan.add(leader::loseAnswer);
    leader.plan.add(append -> ModelLeader.refuse(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND));
    assertThat(code(publish("a"))).isEqualTo("NOT_ENOUGH_REPLICAS_AFTER_APPEND");

    leader.plan.add(append -> ModelLeader.refuse(ErrorCode.INVALID_TIMESTAMP));
    assertThat(code(publish("b"))).as("the only attempt").isEqualTo("INVALID_TIMESTAMP");
  }

  /** The one that was given up is still under way, and comes after the later one: it is refused. */
  @Test
  void S28_batchThatWasGivenUpCanNotComeAfterALaterOne() {
    List<Append> held = new ArrayList<>();
    leader.plan.add(
        append -> {
          held.add(append);
          return new CompletableFuture<>();
        });
    assertThat(code(publish("given up"))).isEqualTo("REQUEST_TIMED_OUT");

    assertThat(publish("later").getBaseOffset()).isZero();

    assertThat(leader.arrive(held.get(0)).getError().getCodeValue())
        .isEqualTo(ErrorCode.INVALID_PRODUCER_EPOCH.number());
    assertThat(leader.log).containsExactly("later");
  }

  @Test
  void batchRefusedForGoodInDoubtLeavesNoHoleForTheNext() {
    leader.plan.add(append -> ModelLeader.refuse(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND));
    assertThat(code(publish("a"))).isEqualTo("NOT_ENOUGH_REPLICAS_AFTER_APPEND");
    assertThat(publish("b").getBaseOffset()).isZero();
    assertThat(leader.log).containsExactly("b");
  }

  @Test
  void repeatIsNotMadeInTheMemoryOfAnAttemptThatIsUnderWay() {
    leader.plan.add(leader::loseAnswer);
    publish("a");
    assertThat(leader.attempts.get(1).batch().array())
        .isNotSameAs(leader.attempts.get(0).batch().array());
  }

  @Test
  void withoutAcksItIsTriedOnceAndWithoutAProducer() {
    leader.plan.add(append -> ModelLeader.away());
    assertThat(code(publish(load(0, Acks.NONE, 10), "a"))).isEqualTo("BROKER_NOT_AVAILABLE");
    assertThat(leader.attempts).hasSize(1);
    ByteBuffer batch = leader.attempts.get(0).batch();
    assertThat(RecordBatch.at(batch, 0).hasProducerId()).isFalse();
  }

  @Test
  void hungLeaderHoldsOnlyItsOwnMemory() {
    assertThat(forwarder.open(load(0, Acks.ALL, MOST_BYTES))).isCompleted();

    CompletableFuture<Passage> beyond = forwarder.open(load(0, Acks.ALL, 1));
    assertThat(beyond)
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .withMessageContaining("too much waits for broker 1");

    assertThat(forwarder.open(load(1, Acks.ALL, MOST_BYTES))).as("another leader").isCompleted();
  }

  @Test
  void closedPassageGivesItsMemoryBack() {
    forwarder.open(load(0, Acks.ALL, MOST_BYTES)).join().close();
    forwarder.open(load(0, Acks.NONE, MOST_BYTES)).join().close();
    assertThat(forwarder.open(load(0, Acks.ALL, MOST_BYTES))).isCompleted();
  }

  @Test
  void publicationsBeyondTheLanesWaitInLineUntilTheirDeadline() {
    List<Passage> open = new ArrayList<>();
    for (int i = 0; i < MOST_LANES; i++) {
      open.add(forwarder.open(load(0, Acks.ALL, 1)).join());
    }
    CompletableFuture<Passage> next = forwarder.open(load(0, Acks.ALL, 1));
    CompletableFuture<Passage> later = forwarder.open(load(0, Acks.ALL, 1));
    assertThat(next).isNotDone();

    open.get(0).close();
    assertThat(next).isCompleted();
    assertThat(later).isNotDone();
    assertThat(producerIds).hasValue(MOST_LANES);

    time.advance(TIMEOUT_MS);
    assertThat(later).isCompletedExceptionally();
    next.join().close();
    assertThat(forwarder.open(load(0, Acks.ALL, 1))).as("after who gave up").isCompleted();
  }

  @Test
  void producerIdIsAskedForUntilTheControllerGivesIt() {
    idRefusals.addAll(
        List.of(ErrorCode.NOT_CONTROLLER, ErrorCode.OUTCOME_UNKNOWN, ErrorCode.STALE_BROKER_EPOCH));
    CompletableFuture<Passage> first = forwarder.open(load(0, Acks.ALL, 1));
    CompletableFuture<Passage> second = forwarder.open(load(0, Acks.ALL, 1));
    assertThat(first).isNotDone();
    assertThat(second).isNotDone();

    time.advance(TIMEOUT_MS / 10);
    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
  }

  @Test
  void withoutAControllerIsToldAtTheDeadlineInWordsForClients() {
    for (int i = 0; i < 1_000; i++) {
      idRefusals.add(ErrorCode.NOT_CONTROLLER);
    }
    CompletableFuture<Passage> passage = forwarder.open(load(0, Acks.ALL, MOST_BYTES));
    time.advance(TIMEOUT_MS - 1);
    assertThat(passage).isNotDone();
    time.advance(1);
    assertThat(passage)
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .withMessageContaining("no producer id was given")
        .withMessageContaining("NOT_CONTROLLER");

    idRefusals.clear();
    assertThat(producerIds).hasValue(0);
    CompletableFuture<Passage> next = forwarder.open(load(0, Acks.ALL, MOST_BYTES));
    time.advance(1_000);
    assertThat(next).isCompleted();
  }

  private CompletableFuture<Long> nextProducerId() {
    return idRefusals.isEmpty()
        ? CompletableFuture.completedFuture(producerIds.incrementAndGet())
        : CompletableFuture.failedFuture(
            new MillraceError(idRefusals.remove(), "as the test says").exception());
  }

  private PartitionProduceResult publish(String... values) {
    return publish(load(0, Acks.ALL, 10), values);
  }

  private PartitionProduceResult publish(Forwarder.Load load, String... values) {
    Passage passage = forwarder.open(load).join();
    RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE);
    for (String value : values) {
      batch.append(1_000, null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)), List.of());
    }
    CompletableFuture<PartitionProduceResult> result =
        passage.deliver(batch.build(), values.length);
    time.runUntil(result::isDone);
    passage.close();
    return result.join();
  }

  private Forwarder.Load load(int partition, Acks acks, long bytes) {
    return new Forwarder.Load(
        new TopicIdPartition(image.topic("orders").orElseThrow().id(), partition),
        acks,
        time.monotonicMs() + TIMEOUT_MS,
        RequestContext.NONE,
        bytes);
  }

  private static String code(PartitionProduceResult result) {
    return Api.code(result.getError());
  }
}
