package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.grpc.Status;
import io.millrace.broker.server.TwoNodes;
import io.millrace.common.ErrorCode;
import io.millrace.proto.v1.AlterReassignmentsRequest;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.ElectLeadersRequest;
import io.millrace.proto.v1.ElectLeadersResponse;
import io.millrace.proto.v1.ElectionResult;
import io.millrace.proto.v1.ElectionType;
import io.millrace.proto.v1.GetTopicRequest;
import io.millrace.proto.v1.ListPartitionsRequest;
import io.millrace.proto.v1.ListReassignmentsRequest;
import io.millrace.proto.v1.ListReassignmentsResponse;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.PartitionReassignment;
import io.millrace.proto.v1.PartitionServiceGrpc;
import io.millrace.proto.v1.PartitionServiceGrpc.PartitionServiceBlockingStub;
import io.millrace.proto.v1.Reassignment;
import io.millrace.proto.v1.TopicPartitions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Elections and reassignments, asked of a node that is not the controller. */
@Timeout(60)
class PartitionApiTest {
  /** A broker that is registered and does not run: no replica there ever gets in sync. */
  private static final int AWAY = 3;

  @TempDir static Path data;

  private static TwoNodes nodes;
  private static Api api;
  private static PartitionServiceBlockingStub partitions;

  @BeforeAll
  static void start() throws Exception {
    nodes = TwoNodes.start(data);
    nodes.registerAway(data, AWAY);
    api = new Api(nodes.follower().channel());
    partitions = PartitionServiceGrpc.newBlockingStub(nodes.follower().channel());
    create("known", 3, 1);
  }

  @AfterAll
  static void stop() throws InterruptedException {
    nodes.close();
  }

  @Test
  void thePreferredLeaderTakesOverWhenItIsAskedFor() {
    create("flipped", 1, 2);
    List<Integer> before = partition("flipped", 0).getReplicasList();
    Reassignment done = reassign("flipped", 0, before.get(1), before.get(0));
    assertThat(done.getReplicasList()).containsExactly(before.get(1), before.get(0));
    assertThat(done.getAddingReplicasCount() + done.getRemovingReplicasCount()).isZero();
    assertThat(partition("flipped", 0).getLeaderId()).isEqualTo(before.get(0));

    ElectLeadersRequest request = election("flipped", 0).build();
    ElectLeadersResponse validated =
        partitions.electLeaders(request.toBuilder().setValidateOnly(true).build());
    assertThat(validated.getResults(0).getError().getMessage())
        .isEqualTo("broker " + before.get(1) + " can lead flipped-0, but was not elected");
    assertThat(validated)
        .extracting(ElectLeadersResponse::getElectedCount, ElectLeadersResponse::getFailedCount)
        .containsExactly(0, 1);
    assertThat(partition("flipped", 0).getLeaderId()).isEqualTo(before.get(0));
    ElectLeadersResponse elected = partitions.electLeaders(request);
    assertThat(elected.getElectedCount()).isEqualTo(1);
    assertThat(elected.getFailedCount()).isZero();
    assertThat(elected.getResults(0).getLeaderId()).isEqualTo(before.get(1));
    ElectLeadersResponse again = partitions.electLeaders(request);
    assertThat(again.getElectedCount()).isZero();
    assertThat(again.getResults(0)).isEqualTo(elected.getResults(0));
  }

  @Test
  void theStatesOfAnUnknownTopicOrAWrongPageAreRefused() {
    refused(ErrorCode.UNKNOWN_TOPIC, Status.Code.NOT_FOUND, "nowhere", 0, "");
    refused(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, "known", -1, "");
    refused(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, "known", 1, "nonsense");
    String token = partitions.listPartitions(states("known", 1, "")).getNextPageToken();
    create("another", 1, 1);
    refused(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, "another", 1, token);
  }

  private static void refused(
      ErrorCode code, Status.Code status, String topic, int size, String token) {
    Api.refused(code, status, () -> partitions.listPartitions(states(topic, size, token)));
  }

  private static ListPartitionsRequest states(String topic, int size, String token) {
    return ListPartitionsRequest.newBuilder()
        .setTopic(topic)
        .setPageSize(size)
        .setPageToken(token)
        .build();
  }

  @Test
  void whyAPreferredLeaderCanNotLeadIsTold() {
    create("growing", 2, 1);
    int leader = partition("growing", 0).getLeaderId();
    Reassignment growing = reassign("growing", 0, AWAY, leader);
    assertThat(growing.getAddingReplicasList()).containsExactly(AWAY);
    assertThat(underWay("growing")).containsExactly(growing);

    ElectLeadersResponse one = partitions.electLeaders(election("growing", 0).build());
    assertThat(one.getFailedCount()).isEqualTo(1);
    ElectionResult result = one.getResults(0);
    assertThat(result.getLeaderId()).isEqualTo(leader);
    assertThat(Api.code(result.getError())).isEqualTo("PREFERRED_LEADER_NOT_AVAILABLE");
    assertThat(result.getError().getMessage())
        .isEqualTo("broker %d can't lead growing-0 now: it is fenced".formatted(AWAY));
    ElectLeadersResponse all =
        partitions.electLeaders(
            ElectLeadersRequest.newBuilder()
                .setType(ElectionType.ELECTION_TYPE_PREFERRED)
                .setAllTopics(true)
                .build());
    assertThat(all.getResultsList()).contains(result).hasSize(all.getFailedCount());
    ElectLeadersResponse whole =
        partitions.electLeaders(
            ElectLeadersRequest.newBuilder()
                .setType(ElectionType.ELECTION_TYPE_UNCLEAN)
                .addTopics(TopicPartitions.newBuilder().setTopic("growing"))
                .build());
    assertThat(whole.getResultsList())
        .extracting(ElectionResult::getPartition)
        .containsExactly(0, 1);
    assertThat(whole.getElectedCount() + whole.getFailedCount()).isZero();

    cancel("growing", 0);
    assertThat(underWay("growing")).isEmpty();
    assertThat(partition("growing", 0).getReplicasList()).containsExactly(leader);
    Api.refused(
        ErrorCode.NO_REASSIGNMENT_IN_PROGRESS,
        Status.Code.FAILED_PRECONDITION,
        () -> cancel("growing", 0));
  }

  @Test
  void fewerReplicasAreHadAtOnce() {
    create("shrinking", 1, 2);
    int leader = partition("shrinking", 0).getLeaderId();
    Reassignment done = reassign("shrinking", 0, leader);
    assertThat(done.getReplicasList()).containsExactly(leader);
    assertThat(done.getRemovingReplicasCount()).isZero();
    assertThat(partition("shrinking", 0).getInSyncReplicasList()).containsExactly(leader);
  }

  @Test
  void whatIsUnderWayComesInPages() {
    for (String topic : List.of("paged-a", "paged-b")) {
      create(topic, 3, 1);
      for (int number = 0; number < 3; number++) {
        int leader = partition(topic, number).getLeaderId();
        reassign(topic, number, leader, AWAY);
      }
    }
    List<String> all = new ArrayList<>();
    ListReassignmentsRequest.Builder request = ListReassignmentsRequest.newBuilder().setPageSize(2);
    ListReassignmentsResponse page;
    do {
      page = partitions.listReassignments(request.build());
      assertThat(page.getReassignmentsCount()).isLessThanOrEqualTo(2);
      page.getReassignmentsList().forEach(r -> all.add(r.getTopic() + "-" + r.getPartition()));
      request.setPageToken(page.getNextPageToken());
    } while (!page.getNextPageToken().isEmpty());
    assertThat(all)
        .doesNotHaveDuplicates()
        .containsSubsequence(
            "paged-a-0", "paged-a-1", "paged-a-2", "paged-b-0", "paged-b-1", "paged-b-2");
    for (String token : List.of("garbage", Pages.token("x"), Pages.token("x/y"))) {
      Api.refused(
          ErrorCode.INVALID_REQUEST,
          Status.Code.INVALID_ARGUMENT,
          () -> partitions.listReassignments(request.setPageToken(token).build()));
    }
  }

  @Test
  void aRepeatedReassignmentIsAnsweredAndNotBegunAgain() {
    create("repeated", 1, 1);
    int leader = partition("repeated", 0).getLeaderId();
    AlterReassignmentsRequest request =
        AlterReassignmentsRequest.newBuilder()
            .addReassignments(to("repeated", 0, leader, AWAY))
            .setRequestId(UUID.randomUUID().toString())
            .build();
    AlterReassignmentsRequest validated =
        request.toBuilder().clearRequestId().setValidateOnly(true).build();
    partitions.alterReassignments(validated);
    assertThat(underWay("repeated")).isEmpty();
    partitions.alterReassignments(request);
    cancel("repeated", 0);
    partitions.alterReassignments(request);
    assertThat(underWay("repeated")).isEmpty();
    Api.refused(
        ErrorCode.REQUEST_ID_REUSED,
        Status.Code.INVALID_ARGUMENT,
        () ->
            partitions.alterReassignments(
                request.toBuilder().addReassignments(to("known", 1, 1, 2)).build()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "known | 0 | 1,9 | INVALID_REPLICA_ASSIGNMENT | registered brokers only, which 9 is not",
        "known | 0 | 1,1 | INVALID_REPLICA_ASSIGNMENT | no broker twice",
        "known | 0 | '' | INVALID_REPLICA_ASSIGNMENT | at least one broker",
        "known | 0 | 0 | INVALID_REPLICA_ASSIGNMENT | registered brokers only, which 0 is not",
        "known | 0 | -1 | INVALID_REPLICA_ASSIGNMENT | registered brokers only, which -1 is not",
        "known | 3 | 1 | UNKNOWN_PARTITION | known-3 (expected: a number below 3)",
        "known | -1 | 1 | UNKNOWN_PARTITION | partition: -1",
        "absent | 0 | 1 | UNKNOWN_TOPIC | absent",
      })
  void refusesReassignmentsThatCanNotBe(
      String topic, int number, String replicas, ErrorCode code, String message) {
    Integer[] brokers =
        Arrays.stream(replicas.split(","))
            .filter(id -> !id.isEmpty())
            .map(Integer::valueOf)
            .toArray(Integer[]::new);
    AlterReassignmentsRequest request =
        AlterReassignmentsRequest.newBuilder()
            .addReassignments(to("known", 1, 1, 2))
            .addReassignments(to(topic, number, brokers))
            .build();
    Status.Code status =
        code.name().startsWith("UNKNOWN") ? Status.Code.NOT_FOUND : Status.Code.INVALID_ARGUMENT;
    Throwable thrown = catchThrowable(() -> partitions.alterReassignments(request));
    Api.refusal(code, status, thrown);
    assertThat(thrown).hasMessageContaining(message);
    assertThat(underWay("known")).as("all or none").isEmpty();
  }

  @Test
  void refusesRequestsThatContradictThemselves() {
    AlterReassignmentsRequest none = AlterReassignmentsRequest.getDefaultInstance();
    invalid(() -> partitions.alterReassignments(none));
    PartitionReassignment both = to("known", 0, 1).toBuilder().setCancel(true).build();
    invalid(
        () ->
            partitions.alterReassignments(
                AlterReassignmentsRequest.newBuilder().addReassignments(both).build()));
    PartitionReassignment one = to("known", 0, 1);
    invalid(
        () ->
            partitions.alterReassignments(
                AlterReassignmentsRequest.newBuilder()
                    .addReassignments(one)
                    .addReassignments(one)
                    .build()));
    AlterReassignmentsRequest.Builder many = AlterReassignmentsRequest.newBuilder();
    for (int i = 0; i <= 10_000; i++) {
      many.addReassignments(one);
    }
    invalid(() -> partitions.alterReassignments(many.build()));
    invalid(() -> partitions.electLeaders(election("known", 0).clearType().build()));
    invalid(() -> partitions.electLeaders(election("known", 0).setAllTopics(true).build()));
    invalid(() -> partitions.electLeaders(election("known", 0).clearTopics().build()));
    Api.refused(
        ErrorCode.UNKNOWN_TOPIC,
        Status.Code.NOT_FOUND,
        () -> partitions.electLeaders(election("absent", 0).build()));
    for (int number : new int[] {-1, 3}) {
      Api.refused(
          ErrorCode.UNKNOWN_PARTITION,
          Status.Code.NOT_FOUND,
          () -> partitions.electLeaders(election("known", number).build()));
    }
  }

  private static void invalid(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    Api.refused(ErrorCode.INVALID_REQUEST, Status.Code.INVALID_ARGUMENT, call);
  }

  private static void create(String topic, int partitions, int replicationFactor) {
    api.topics.createTopic(
        CreateTopicRequest.newBuilder()
            .setName(topic)
            .setPartitions(partitions)
            .setReplicationFactor(replicationFactor)
            .build());
  }

  private static PartitionMetadata partition(String topic, int number) {
    return api.topics
        .getTopic(GetTopicRequest.newBuilder().setName(topic).build())
        .getTopic()
        .getPartitions(number);
  }

  private static ElectLeadersRequest.Builder election(String topic, int number) {
    return ElectLeadersRequest.newBuilder()
        .setType(ElectionType.ELECTION_TYPE_PREFERRED)
        .addTopics(TopicPartitions.newBuilder().setTopic(topic).addPartitions(number));
  }

  private static PartitionReassignment to(String topic, int number, Integer... replicas) {
    return PartitionReassignment.newBuilder()
        .setTopic(topic)
        .setPartition(number)
        .addAllReplicas(List.of(replicas))
        .build();
  }

  private static Reassignment reassign(String topic, int number, Integer... replicas) {
    return partitions
        .alterReassignments(
            AlterReassignmentsRequest.newBuilder()
                .addReassignments(to(topic, number, replicas))
                .build())
        .getReassignments(0);
  }

  private static void cancel(String topic, int number) {
    partitions.alterReassignments(
        AlterReassignmentsRequest.newBuilder()
            .addReassignments(to(topic, number).toBuilder().setCancel(true))
            .build());
  }

  private static List<Reassignment> underWay(String topic) {
    return partitions
        .listReassignments(ListReassignmentsRequest.newBuilder().setTopic(topic).build())
        .getReassignmentsList();
  }
}
