package io.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.broker.group.core.GroupAnswer;
import io.millrace.broker.group.core.GroupCommand;
import io.millrace.broker.group.core.GroupQuery;
import io.millrace.broker.group.core.GroupSettings;
import io.millrace.broker.group.core.Subscription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.Scheduler.Cancellable;
import io.millrace.common.time.SystemClock;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pcollections.TreePMap;
import org.pcollections.TreePVector;

/** What keeps coordinators from telling what may be lost, on a partition that the test commits. */
class CoordinatorTest {
  private static final UUID ORDERS = new UUID(3, 3);
  private static final long NEVER = Long.MAX_VALUE;

  private final ExecutorService thread = thread();
  private final ExecutorService loader = thread();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Queue<Runnable> scheduled = new ConcurrentLinkedQueue<>();
  private final List<String> faults = new ArrayList<>();
  private final OffsetsHost host = new OffsetsHost(0);
  private MetadataImage image = MetadataImage.EMPTY;
  private final GroupCoordinators coordinators =
      new GroupCoordinators(
          new GroupEnvironment(
              1,
              () -> image,
              GroupSettings.DEFAULTS,
              new GroupThreads(List.of(thread), loader),
              this::schedule,
              new SystemClock(),
              (message, cause) -> {
                faults.add(message);
                return new IllegalStateException(message, cause);
              },
              new GroupMetrics(meters)));

  /** Wakes nobody but when the test says so. */
  private Cancellable schedule(long delayMs, Runnable task) {
    scheduled.add(task);
    return () -> scheduled.remove(task);
  }

  /** As the server's: what comes after the end is dropped. */
  private static ExecutorService thread() {
    return new ThreadPoolExecutor(
        1,
        1,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        new ThreadPoolExecutor.DiscardPolicy());
  }

  @BeforeEach
  void topics() {
    MetadataImage before = image;
    topic(ORDERS, "orders", 4, 1);
    topic(OffsetsHost.TOPIC, OffsetsTopic.NAME, 1, 1);
    coordinators.onImage(image, MetadataDelta.between(before, image));
    coordinators.hosted(host);
  }

  @AfterEach
  void stop() {
    coordinators.close();
    thread.shutdown();
    loader.shutdownNow();
    assertThat(faults).isEmpty();
  }

  @Test
  void answersACommitOnlyOnceItIsCommitted() {
    lead(1);
    CompletableFuture<GroupAnswer> answer = commit("g", 5);
    await().until(() -> host.waiting() == 1);
    assertThat(answer).isNotDone();
    assertThat(committed("g")).isEmpty();
    host.commit();
    assertThat(results(answer)).allMatch(each -> each.error().isEmpty());
    assertThat(committed("g")).contains(5L);
  }

  @Test
  void isReadyOnlyWhenTheHighWatermarkHasReachedTheEndThatTheLogHad() {
    lead(1);
    CompletableFuture<GroupAnswer> lost = commit("g", 5);
    await().until(() -> host.waiting() == 1);
    host.follow();
    assertThat(refusal(lost)).isEqualTo(ErrorCode.NOT_COORDINATOR);
    host.lead(2);
    await().untilAsserted(() -> assertThat(refusal(offsets("g"))).isEqualTo(LOADING));
    // The loader is through with it once it has done what comes after.
    CompletableFuture.runAsync(() -> {}, loader).join();
    CompletableFuture.runAsync(() -> {}, thread).join();
    assertThat(refusal(offsets("g"))).isEqualTo(LOADING);
    assertThat(refusal(commit("g", 9))).isEqualTo(LOADING);
    host.commit();
    awaitReady();
    assertThat(committed("g")).contains(5L);
  }

  private static final ErrorCode LOADING = ErrorCode.COORDINATOR_LOADING;

  @Test
  void resignsAtOnceWhenAnotherBrokerLeads() {
    lead(1);
    FakeStream stream = join("g", "m");
    CompletableFuture<GroupAnswer> waiting = commit("h", 5);
    await().until(() -> host.waiting() == 1);
    lead(1, 2);
    host.follow();
    MillraceError refused = refused(waiting);
    assertThat(refused.code()).isEqualTo(ErrorCode.NOT_COORDINATOR);
    assertThat(refused.details()).containsEntry("coordinator_id", "2");
    await().untilAsserted(() -> assertThat(stream.ended).contains(ErrorCode.NOT_COORDINATOR));
    assertThat(refusal(offsets("g"))).isEqualTo(ErrorCode.NOT_COORDINATOR);
  }

  @Test
  void aNewLeaderEpochIsAnotherCoordinatorThatLoadsAgain() {
    lead(1);
    FakeStream stream = join("g", "m");
    CompletableFuture<GroupAnswer> waiting = commit("h", 5);
    await().until(() -> host.waiting() == 1);
    host.lead(2);
    assertThat(refusal(waiting)).isEqualTo(ErrorCode.NOT_COORDINATOR);
    await().untilAsserted(() -> assertThat(stream.ended).contains(ErrorCode.NOT_COORDINATOR));
    host.commit();
    awaitReady();
    assertThat(description("g").members()).hasSize(1);
    assertThat(committed("h")).contains(5L);
  }

  @Test
  void loadsAgainWhenNobodyKnowsWhatBecameOfAnAppend() {
    lead(1);
    CompletableFuture<GroupAnswer> unknown = commit("g", 5);
    await().until(() -> host.waiting() == 1);
    host.giveUpWaiting();
    assertThat(refusal(unknown)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    await().untilAsserted(() -> assertThat(refusal(offsets("g"))).isEqualTo(LOADING));
    host.commit();
    awaitReady();
    assertThat(committed("g")).contains(5L);
  }

  @Test
  void aLogThatCanNotBeReadForNowIsReadAgainLater() {
    lead(1);
    CompletableFuture<GroupAnswer> unknown = commit("g", 5);
    await().until(() -> host.waiting() == 1);
    host.showOutdated();
    host.giveUpWaiting();
    assertThat(refusal(unknown)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    await()
        .untilAsserted(
            () ->
                assertThat(meters.get("millrace.group.load.failures").counter().count())
                    .isEqualTo(1));
    assertThat(refusal(offsets("g"))).isEqualTo(LOADING);
    host.showNewest();
    await().until(() -> !scheduled.isEmpty());
    scheduled.remove().run();
    awaitReady();
    assertThat(committed("g")).isEmpty();
  }

  @Test
  void anAppendThatWasRefusedLeavesWhatIsCommitted() {
    lead(1);
    host.refuse(ErrorCode.NOT_ENOUGH_REPLICAS);
    assertThat(refusal(commit("g", 5))).isEqualTo(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    assertThat(committed("g")).isEmpty();
  }

  @Test
  void whatOneBatchCanNotHoldGoesIntoSeveralOneAfterTheOther() {
    lead(1);
    String metadata = "m".repeat(4_000);
    List<GroupCommand.OffsetToCommit> many =
        IntStream.range(0, 1_000)
            .mapToObj(
                i ->
                    new GroupCommand.OffsetToCommit(
                        new TopicIdPartition(ORDERS, 0), i, -1, metadata))
            .toList();
    List<CompletableFuture<GroupAnswer>> answers = new ArrayList<>();
    // One goes alone, those that come meanwhile together.
    answers.add(commit("first", 1));
    await().until(() -> host.waiting() == 1);
    for (int i = 0; i < many.size(); i++) {
      answers.add(
          submit(new GroupCommand.CommitOffsets("g" + i, "", 0, List.of(many.get(i))), NEVER));
    }
    int before = host.batches();
    while (!answers.get(answers.size() - 1).isDone()) {
      assertThat(host.waiting()).isLessThanOrEqualTo(1);
      host.commit();
    }
    answers.forEach(each -> assertThat(results(each)).hasSize(1));
    assertThat(host.batches() - before).isGreaterThan(2);
    host.lead(2);
    awaitReady();
    assertThat(committed("g999")).contains(999L);
  }

  @Test
  void recordsOfANewerVersionStopThisCoordinatorAndNoOther() {
    host.write(new byte[] {99, 99, 99}, "?".getBytes(StandardCharsets.UTF_8));
    host.lead(1);
    await()
        .untilAsserted(
            () -> assertThat(refusal(offsets("g"))).isEqualTo(ErrorCode.COORDINATOR_NOT_AVAILABLE));
    assertThat(refusal(commit("g", 1))).isEqualTo(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    host.lead(2);
    assertThat(refusal(offsets("g")))
        .isIn(ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.COORDINATOR_LOADING);
  }

  @Test
  void whatIsNotBegunInTimeIsRefusedAndChangesNothing() {
    lead(1);
    host.commitAtOnce();
    var late =
        new GroupCommand.CommitOffsets(
            "g",
            "",
            0,
            List.of(new GroupCommand.OffsetToCommit(new TopicIdPartition(ORDERS, 0), 5, -1, "")));
    assertThat(refusal(submit(late, 0))).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
    assertThat(committed("g")).isEmpty();
  }

  @Test
  void onlySoManyRequestsWait() {
    lead(1);
    CompletableFuture<GroupAnswer> first = commit("g", 1);
    await().until(() -> host.waiting() == 1);
    List<CompletableFuture<GroupAnswer>> more =
        IntStream.range(0, WaitingRequests.MOST).mapToObj(i -> commit("g", i)).toList();
    assertThat(refusal(more.get(more.size() - 1))).isEqualTo(ErrorCode.THROTTLED);
    host.commitAtOnce();
    host.commit();
    assertThat(results(first)).hasSize(1);
    assertThat(results(more.get(0))).hasSize(1);
  }

  @Test
  void metricsTellHowMuchIsCoordinatedHere() {
    lead(1);
    join("g", "m");
    await()
        .untilAsserted(
            () -> {
              offsets("g").join();
              assertThat(meters.get("millrace.groups").gauge().value()).isEqualTo(1);
              assertThat(meters.get("millrace.group.members").gauge().value()).isEqualTo(1);
              assertThat(meters.get("millrace.group.rebalances").counter().count()).isPositive();
            });
    assertThat(meters.get("millrace.group.load.time").timer().count()).isEqualTo(1);
    host.commitAtOnce();
    assertThat(results(commit("h", 5))).hasSize(1);
    assertThat(meters.get("millrace.group.commits").counter().count()).isEqualTo(1);
    host.follow();
    await()
        .untilAsserted(
            () -> assertThat(meters.get("millrace.group.members").gauge().value()).isZero());
  }

  @Test
  void whereNobodyLeadsYetTheClientLooksAgain() {
    MetadataImage before = image;
    lead(1, 2);
    assertThat(image).isNotEqualTo(before);
    MillraceError refused = refused(offsets("g"));
    assertThat(refused.code()).isEqualTo(ErrorCode.NOT_COORDINATOR);
    assertThat(refused.details()).containsEntry("coordinator_id", "2");
    lead(1, 1);
    assertThat(refusal(offsets("g"))).isEqualTo(LOADING);
  }

  // ---- what the test does

  private void lead(int epoch) {
    host.lead(epoch);
    awaitReady();
  }

  /** The metadata show another leader; the partition has not heard of it. */
  private void lead(int epoch, int leader) {
    topic(OffsetsHost.TOPIC, OffsetsTopic.NAME, epoch, leader);
  }

  private void awaitReady() {
    await().until(() -> !(value(offsets("g")) instanceof GroupAnswer.Refused));
  }

  private void topic(UUID id, String name, int partitions, int leader) {
    List<PartitionImage> all = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      all.add(
          new PartitionImage(
              List.of(1, 2),
              List.of(PartitionImage.UNASSIGNED, PartitionImage.UNASSIGNED),
              List.of(1, 2),
              List.of(),
              new PartitionImage.Leadership(leader, 1, PartitionImage.NO_BROKER),
              0,
              1));
    }
    image =
        image
            .withTopics(
                image
                    .topics()
                    .with(new TopicImage(id, name, TreePVector.from(all), TreePMap.empty())))
            .withRevision(image.revision() + 1);
  }

  private CompletableFuture<GroupAnswer> commit(String group, long offset) {
    return submit(
        new GroupCommand.CommitOffsets(
            group,
            "",
            0,
            List.of(
                new GroupCommand.OffsetToCommit(new TopicIdPartition(ORDERS, 0), offset, -1, ""))),
        NEVER);
  }

  private CompletableFuture<GroupAnswer> submit(GroupCommand command, long deadlineMs) {
    CompletableFuture<GroupAnswer> answered = new CompletableFuture<>();
    coordinators.submit(command, deadlineMs, answered);
    return answered;
  }

  private FakeStream join(String group, String member) {
    FakeStream stream = new FakeStream();
    CompletableFuture<GroupAnswer> joined =
        submit(
            new GroupCommand.Heartbeat(
                group,
                member,
                0,
                new GroupCommand.MemberProfile("", "", "", "", 0, 0),
                Optional.of(new Subscription(new TreeSet<>(Set.of("orders")), "")),
                Optional.empty(),
                Optional.of(Set.of()),
                Optional.of(stream)),
            NEVER);
    await()
        .until(
            () -> {
              host.commit();
              return joined.isDone();
            });
    assertThat(joined.join()).isInstanceOf(GroupAnswer.MemberState.class);
    // What the coordinator does by itself after that is committed too.
    await()
        .until(
            () -> {
              host.commit();
              CompletableFuture.runAsync(() -> {}, thread).join();
              return host.waiting() == 0;
            });
    return stream;
  }

  private CompletableFuture<GroupAnswer> offsets(String group) {
    return coordinators.ask(group, new GroupQuery.GetOffsets(group, Optional.empty()), NEVER);
  }

  private Optional<Long> committed(String group) {
    return ((GroupAnswer.Offsets) value(offsets(group)))
        .offsets().stream()
            .flatMap(each -> each.committed().stream())
            .map(each -> each.offset())
            .findFirst();
  }

  private GroupAnswer.Description description(String group) {
    return (GroupAnswer.Description)
        value(coordinators.ask(group, new GroupQuery.GetGroup(group), NEVER));
  }

  private static List<GroupAnswer.PartitionResult> results(CompletableFuture<GroupAnswer> answer) {
    return ((GroupAnswer.PartitionResults) value(answer)).results();
  }

  private static GroupAnswer value(CompletableFuture<GroupAnswer> answer) {
    return answer.orTimeout(10, TimeUnit.SECONDS).join();
  }

  private static MillraceError refused(CompletableFuture<GroupAnswer> answer) {
    return ((GroupAnswer.Refused) value(answer)).error();
  }

  private static ErrorCode refusal(CompletableFuture<GroupAnswer> answer) {
    return refused(answer).code();
  }

  private static final class FakeStream implements MemberStream {
    private volatile Optional<ErrorCode> ended = Optional.empty();

    @Override
    public void push(GroupAnswer.MemberState state) {}

    @Override
    public void end(MillraceError error) {
      ended = Optional.of(error.code());
    }
  }
}
