package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.millrace.client.api.MillraceClient;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.DeleteRecordsPartition;
import io.millrace.proto.v1.DeleteRecordsRequest;
import io.millrace.proto.v1.DeleteRecordsResponse;
import io.millrace.proto.v1.DeleteRecordsResult;
import io.millrace.proto.v1.Error;
import io.millrace.proto.v1.GetMetadataResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is asked to delete records, and what becomes of their answers (S33). */
@Timeout(60)
class RecordDeletionsTest {
  private static final TopicPartition ZERO = new TopicPartition(FakeBroker.TOPIC, 0);
  private static final TopicPartition ONE = new TopicPartition(FakeBroker.TOPIC, 1);
  private static final Duration TIMEOUT = Duration.ofSeconds(40);

  /** Leads partition 0. */
  private final FakeBroker first = new FakeBroker(2);

  /** Leads partition 1, as the metadata say. */
  private final FakeBroker second = new FakeBroker(2);

  private final List<DeleteRecordsRequest> asked = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    first.close();
    second.close();
  }

  private MillraceClient client() {
    return client(TIMEOUT);
  }

  private MillraceClient client(Duration timeout) {
    first.onTold = this::withSecondLeader;
    return MillraceClient.connect(first.config().requestTimeout(timeout).build());
  }

  private List<DeleteRecordsRequest> askedFor(TopicPartition partition) {
    return asked.stream()
        .filter(request -> request.getPartitions(0).getPartition() == partition.partition())
        .toList();
  }

  /** Nobody else knows of its end: its connections live on. */
  private void theSecondOneWentSilentAndTheFirstOneLeadsBoth() {
    second.holdsDeletions = true;
    second.silent = true;
    second.onDelete =
        answering(
            each -> {
              first.onTold =
                  told -> {
                    GetMetadataResponse.Builder answer = withSecondLeader(told).toBuilder();
                    answer
                        .getTopicsBuilder(0)
                        .getPartitionsBuilder(1)
                        .setLeaderId(1)
                        .setLeaderEpoch(1);
                    return answer.build();
                  };
              return done(each);
            });
  }

  private GetMetadataResponse withSecondLeader(GetMetadataResponse answer) {
    GetMetadataResponse.Builder told = FakeBroker.withSecond(answer, second);
    told.getTopicsBuilderList().forEach(topic -> topic.getPartitionsBuilder(1).setLeaderId(2));
    return told.build();
  }

  private Function<DeleteRecordsRequest, DeleteRecordsResponse> answering(
      Function<DeleteRecordsPartition, DeleteRecordsResult.Builder> result) {
    return request -> {
      asked.add(request);
      DeleteRecordsResponse.Builder answer = DeleteRecordsResponse.newBuilder();
      for (DeleteRecordsPartition each : request.getPartitionsList()) {
        answer.addResults(result.apply(each).setPartition(each.getPartition()));
      }
      return answer.build();
    };
  }

  private static DeleteRecordsResult.Builder done(DeleteRecordsPartition asked) {
    return DeleteRecordsResult.newBuilder().setLogStartOffset(asked.getBeforeOffset());
  }

  private static DeleteRecordsResult.Builder refused(ErrorCode code) {
    return DeleteRecordsResult.newBuilder()
        .setLogStartOffset(-1)
        .setError(
            Error.newBuilder()
                .setCode(io.millrace.proto.v1.ErrorCode.valueOf("ERROR_CODE_" + code.name()))
                .setMessage("as the test wants it")
                .putDetails("brokers_behind", "3"));
  }

  @Test
  void S33_eachPartitionsLeaderIsAsked() {
    first.onDelete = answering(RecordDeletionsTest::done);
    second.onDelete = answering(RecordDeletionsTest::done);

    try (MillraceClient client = client()) {
      assertThat(client.admin().deleteRecords(Map.of(ZERO, 5L, ONE, 7L)))
          .isEqualTo(Map.of(ZERO, 5L, ONE, 7L));
    }

    assertThat(asked).hasSize(2).allMatch(request -> request.getPartitionsCount() == 1);
    assertThat(asked)
        .as("the answer comes before the call's deadline does")
        .allMatch(request -> request.getTimeoutMs() > 0)
        .allMatch(request -> request.getTimeoutMs() < TIMEOUT.toMillis() * 9 / 10);
  }

  @Test
  void S33_whoDoesNotLeadAnyMoreIsAskedAgainAndOthersAreNot() {
    first.onDelete = answering(RecordDeletionsTest::done);
    second.onDelete =
        answering(each -> asked.size() < 4 ? refused(ErrorCode.NOT_LEADER) : done(each));

    try (MillraceClient client = client()) {
      assertThat(client.admin().deleteRecords(Map.of(ZERO, 5L, ONE, 7L)))
          .isEqualTo(Map.of(ZERO, 5L, ONE, 7L));
    }

    assertThat(asked.stream().filter(request -> request.getPartitions(0).getPartition() == 0))
        .hasSize(1);
  }

  @Test
  void S33_whatTookTooLongIsNotTriedAgainAndSaysWhoIsBehind() {
    first.onDelete = answering(each -> refused(ErrorCode.REQUEST_TIMED_OUT));
    second.onDelete = answering(RecordDeletionsTest::done);

    try (MillraceClient client = client()) {
      assertThatThrownBy(() -> client.admin().deleteRecords(Map.of(ZERO, 5L, ONE, 7L)))
          .isInstanceOfSatisfying(
              MillraceException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
                assertThat(e.error().details()).containsEntry("brokers_behind", "3");
              });
    }

    assertThat(asked).as("the other one was asked all the same").hasSize(2);
  }

  @Test
  void S33_recordsAreDeletedAtTheNextLeaderThoughTheLastOneNeverAnswers() {
    first.onDelete = answering(RecordDeletionsTest::done);
    theSecondOneWentSilentAndTheFirstOneLeadsBoth();

    try (MillraceClient client = client(Duration.ofSeconds(10))) {
      assertThat(client.admin().deleteRecords(Map.of(ZERO, 5L, ONE, 7L)))
          .isEqualTo(Map.of(ZERO, 5L, ONE, 7L));
    }

    assertThat(askedFor(ZERO)).hasSize(1);
    assertThat(askedFor(ONE)).hasSize(2);
  }

  @Test
  void S33_aLeaderThatNeverAnswersKeepsNobodyFromAskingOthersAgain() {
    first.onDelete =
        answering(each -> askedFor(ZERO).size() < 3 ? refused(ErrorCode.NOT_LEADER) : done(each));
    second.onDelete = answering(RecordDeletionsTest::done);
    second.holdsDeletions = true;

    try (MillraceClient client = client(Duration.ofSeconds(4))) {
      assertThatThrownBy(() -> client.admin().deleteRecords(Map.of(ZERO, 5L, ONE, 7L)))
          .hasMessageContaining("nothing is known of the deletion in [" + ONE + "]")
          .isInstanceOfSatisfying(
              MillraceException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.REQUEST_TIMED_OUT));
    }

    assertThat(askedFor(ZERO)).hasSize(3);
    assertThat(askedFor(ONE)).as("one that is slow is not asked anew").hasSize(1);
  }

  @Test
  void S33_aRefusalTellsOfWhichPartition() {
    first.onDelete = answering(RecordDeletionsTest::done);
    second.onDelete = answering(each -> refused(ErrorCode.OFFSET_OUT_OF_RANGE));

    try (MillraceClient client = client()) {
      assertThatThrownBy(() -> client.admin().deleteRecords(Map.of(ZERO, 5L, ONE, 7L)))
          .hasMessageContaining(ONE + ": as the test wants it")
          .isInstanceOfSatisfying(
              MillraceException.class,
              e ->
                  assertThat(e.error().details())
                      .containsEntry("topic", FakeBroker.TOPIC)
                      .containsEntry("partition", "1"));
    }
  }

  @Test
  void anAnswerThatLacksAPartitionIsNotBelieved() {
    first.onDelete = request -> DeleteRecordsResponse.getDefaultInstance();

    assertIsNotBelieved();
  }

  @Test
  void anAnswerOfAnotherPartitionIsNotBelieved() {
    first.onDelete =
        request ->
            DeleteRecordsResponse.newBuilder()
                .addResults(DeleteRecordsResult.newBuilder().setPartition(1).setLogStartOffset(5))
                .build();

    assertIsNotBelieved();
  }

  private void assertIsNotBelieved() {
    try (MillraceClient client = client()) {
      assertThatThrownBy(() -> client.admin().deleteRecords(Map.of(ZERO, 5L)))
          .isInstanceOfSatisfying(
              MillraceException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL));
    }
  }

  @Test
  void whoIsInterruptedLeavesNoCallUnderWay() throws InterruptedException {
    first.onDelete = answering(RecordDeletionsTest::done);
    second.onDelete = first.onDelete;
    first.holdsDeletions = true;
    second.holdsDeletions = true;

    try (MillraceClient client = client()) {
      CompletableFuture<Throwable> thrown = new CompletableFuture<>();
      Thread caller =
          new Thread(
              () ->
                  thrown.complete(
                      catchThrowable(
                          () -> client.admin().deleteRecords(Map.of(ZERO, 5L, ONE, 7L)))));
      caller.start();
      Awaitility.await().until(() -> asked.size() == 2);
      caller.interrupt();
      caller.join();

      assertThat(thrown.join()).hasMessageContaining("interrupted");
      Awaitility.await().until(() -> first.cancelledDeletions.get() == 1);
      Awaitility.await().until(() -> second.cancelledDeletions.get() == 1);
    }
  }
}
