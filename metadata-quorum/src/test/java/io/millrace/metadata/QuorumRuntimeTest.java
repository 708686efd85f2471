package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.ErrorCode;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.QuorumHealth.State;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerCommand.FenceBroker;
import io.millrace.metadata.controller.Cluster;
import io.millrace.metadata.controller.ClusterCommand.AlterClusterConfigs;
import io.millrace.metadata.controller.ClusterCommand.DrainBroker;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.controller.Controller;
import io.millrace.metadata.controller.ControllerPlan;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.controller.UpkeepCommand.RepairPartitions;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.simulated.SimulatedMetadataLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class QuorumRuntimeTest {
  private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

  private final VirtualTime time = new VirtualTime();
  private final ThrowingFaults faults = new ThrowingFaults();
  private MemoryFileStore disk = new MemoryFileStore();
  private SimulatedMetadataLog log = newLog(5);
  private QuorumRuntime quorum = newRuntime();

  /** How often the controller looked for what is half done. */
  private int repairs;

  @Test
  void commandsWaitForTheFirstElection() {
    CompletableFuture<CommandResult> registered = submit(Cluster.register(1, ""));
    quorum.start();
    assertThat(quorum.health().state()).isNotEqualTo(State.ACTIVE);
    time.runUntil(registered::isDone);
    assertThat(registered.join()).isInstanceOf(CommandResult.BrokerResult.class);
    assertThat(quorum.isActiveController()).isTrue();
    assertThat(quorum.health().ready()).isTrue();
    assertThat(quorum.image().controller().nodeId()).isEqualTo(1);
  }

  @Test
  void commandsThatWaitTogetherShareAnEntry() {
    startWithBroker();
    long before = quorum.image().revision();
    List<CompletableFuture<CommandResult>> created = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      created.add(submit(create("t" + i)));
    }
    time.runUntil(() -> created.stream().allMatch(CompletableFuture::isDone));
    assertThat(created).allMatch(result -> result.join() instanceof TopicResult);
    assertThat(quorum.image().revision() - before).isLessThanOrEqualTo(2);
  }

  @Test
  void answerShowsInTheImage() {
    startWithBroker();
    List<Boolean> seen = new ArrayList<>();
    submit(create("a")).thenAccept(result -> seen.add(quorum.image().topic("a").isPresent()));
    time.runUntil(() -> !seen.isEmpty());
    assertThat(seen).containsExactly(true);
  }

  @Test
  void listenersAreToldEverythingInOrder() {
    List<MetadataImage> images = new ArrayList<>();
    List<MetadataDelta> deltas = new ArrayList<>();
    startWithBroker();
    done(create("a"));
    quorum.subscribe(
        (image, delta) -> {
          images.add(image);
          deltas.add(delta);
        });
    done(create("b"));
    time.advance(100);

    assertThat(deltas.get(0).fromRevision()).isZero();
    assertThat(deltas.get(0).topics()).hasSize(1);
    assertThat(deltas.get(0).changedBrokers()).containsExactly(1);
    for (int i = 1; i < deltas.size(); i++) {
      assertThat(deltas.get(i).fromRevision()).isEqualTo(images.get(i - 1).revision());
      assertThat(deltas.get(i).toRevision()).isEqualTo(images.get(i).revision());
    }
    assertThat(images.get(images.size() - 1)).isEqualTo(quorum.image());
  }

  @Test
  void commandThatIsNeverBegunTimesOutAndChangesNothing() {
    CompletableFuture<CommandResult> result =
        quorum.submit(Cluster.register(1, ""), Duration.ofMillis(50));
    time.advance(50);
    assertThat(refused(result)).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
    quorum.start();
    time.advance(1_000);
    assertThat(quorum.image().brokers()).isEmpty();
  }

  @Test
  void entryWithoutAnOutcomeMakesTheControllerStepDownAndStartAnew() {
    startWithBroker();
    long epoch = quorum.image().controller().epoch();
    log.hideNextOutcome();
    CompletableFuture<CommandResult> lost = submit(create("a"), Duration.ofMinutes(1));
    time.advance(9_000);
    assertThat(lost).isNotDone();
    time.runUntil(lost::isDone);
    assertThat(refused(lost)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);

    time.runUntil(quorum::isActiveController);
    assertThat(quorum.image().controller().epoch()).isGreaterThan(epoch);
    assertThat(quorum.image().topic("a")).isPresent();
    assertThat(done(create("b"))).isInstanceOf(TopicResult.class);
  }

  @Test
  void controllerWhoseResignationIsRefusedStartsAnewInTheSameEpoch() {
    startWithBroker();
    long epoch = quorum.image().controller().epoch();
    log.hideNextOutcome();
    log.refuseNextResignation();
    CompletableFuture<CommandResult> lost = submit(create("a"), Duration.ofMinutes(1));
    time.runUntil(lost::isDone);

    time.runUntil(quorum::isActiveController);
    assertThat(quorum.image().controller().epoch()).isEqualTo(epoch);
    assertThat(quorum.image().topic("a")).isPresent();
    assertThat(done(create("b"))).isInstanceOf(TopicResult.class);
  }

  @Test
  void epochThatIsToldAgainChangesNothing() {
    startWithBroker();
    long revision = quorum.image().revision();
    log.tellAgain();
    time.advance(100);
    assertThat(quorum.isActiveController()).isTrue();
    assertThat(quorum.image().revision()).isEqualTo(revision);
  }

  @Test
  void repeatedRequestAfterAnUnknownOutcomeIsAnsweredWithWhatWasDone() {
    startWithBroker();
    log.hideNextOutcome();
    Command create = new CreateTopic("a", 1, 1, Map.of(), RequestOptions.withId("r1"));
    CompletableFuture<CommandResult> lost = submit(create, Duration.ofMinutes(1));
    time.runUntil(lost::isDone);
    assertThat(refused(lost)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);

    TopicResult again = (TopicResult) done(create);
    assertThat(again.topicId()).contains(quorum.image().topic("a").orElseThrow().id());
  }

  @Test
  void commandsThatWaitWhileTheLeadershipChangesAreCarriedOutAfterIt() {
    startWithBroker();
    log.depose();
    CompletableFuture<CommandResult> waiting = submit(create("a"));
    time.runUntil(waiting::isDone);
    assertThat(waiting.join()).isInstanceOf(TopicResult.class);
  }

  /** S19: what was proposed in an epoch that has ended is answered by what became of it. */
  @Test
  void S19_entryOfALostEpochIsAnsweredTruthfully() {
    startWithBroker();
    CompletableFuture<CommandResult> created = submit(create("a"));
    time.advance(1);
    log.depose();
    time.runUntil(created::isDone);
    boolean there = quorum.image().topic("a").isPresent();
    if (created.join() instanceof TopicResult) {
      assertThat(there).isTrue();
    } else {
      assertThat(refused(created)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    }
  }

  @Test
  void tooManyWaitingCommandsAreRefused() {
    List<CompletableFuture<CommandResult>> results = new ArrayList<>();
    for (int i = 0; i < 101; i++) {
      results.add(submit(create("t" + i)));
    }
    assertThat(refused(results.get(100))).isEqualTo(ErrorCode.THROTTLED);
    assertThat(results.subList(0, 100)).noneMatch(CompletableFuture::isDone);
  }

  @Test
  void closingRefusesWhatWaitsAndWhatComes() {
    CompletableFuture<CommandResult> waiting = submit(create("a"));
    time.advance(1);
    quorum.close();
    CompletableFuture<CommandResult> late = submit(create("b"));
    time.advance(1);
    assertThat(refused(waiting)).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(refused(late)).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(quorum.health().state()).isEqualTo(State.CLOSED);
  }

  /** The log takes 5 ms for an entry: the first of several takes effect when the time is over. */
  @Test
  void fencingThatIsGivenUpInTheMiddleIsFinished() {
    startWithManyPartitions();
    CompletableFuture<CommandResult> fenced =
        submit(new FenceBroker(1, epoch(1)), Duration.ofMillis(3));
    time.runUntil(fenced::isDone);
    assertThat(refused(fenced)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    time.advance(6);
    assertThat(ledBy(1)).isPositive();
    time.advance(1_000);
    assertThat(ledBy(1)).isZero();
    assertThat(partitions()).allMatch(partition -> partition.isr().equals(List.of(2)));
  }

  @Test
  void drainThatIsGivenUpWhileItWaitsForItsNextEntryIsFinished() {
    startWithManyPartitions();
    submit(new CreateTopic("a", 1, 2, Map.of(), RequestOptions.NONE));
    // The second one's next part finds no room beside the first one's.
    submit(
        new AlterClusterConfigs(
            Map.of("min.insync.replicas", Optional.of("2")), RequestOptions.NONE));
    CompletableFuture<CommandResult> drained =
        submit(new DrainBroker(1, true, RequestOptions.NONE), Duration.ofMillis(13));
    time.runUntil(drained::isDone);
    assertThat(refused(drained)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertThat(quorum.image().drained(1)).isTrue();
    assertThat(ledBy(1)).isPositive();
    time.advance(1_000);
    assertThat(ledBy(1)).isZero();
  }

  /** What was given up must not come back: somebody has looked, and undone it. */
  @Test
  void drainThatIsGivenUpAndUndoneStaysUndone() {
    startWithManyPartitions();
    CompletableFuture<CommandResult> drained =
        submit(new DrainBroker(1, true, RequestOptions.NONE), Duration.ofMillis(3));
    time.runUntil(drained::isDone);
    time.runUntil(() -> quorum.image().drained(1));
    done(new DrainBroker(1, false, RequestOptions.NONE));
    time.advance(1_000);
    assertThat(quorum.image().drained(1)).isFalse();
  }

  /** To look for what is half done costs a look at everything. */
  @Test
  void nothingIsLookedForWhereNothingIsGivenUp() {
    startWithManyPartitions();
    int before = repairs;
    done(new FenceBroker(1, epoch(1)));
    time.advance(10 * 60_000);
    assertThat(before).isEqualTo(1);
    assertThat(repairs).isEqualTo(1);
  }

  @Test
  void idleLogGetsAnEntryNowAndThen() {
    startWithBroker();
    long before = quorum.image().revision();
    time.advance(10 * 60_000);
    assertThat(quorum.image().revision() - before).isBetween(9L, 11L);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void whatWasAnsweredSurvivesAnyCrash(long seed) {
    Random random = new Random(seed);
    startWithBroker();
    for (int crash = 0; crash < 4; crash++) {
      List<CompletableFuture<CommandResult>> results = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        results.add(submit(create("c" + crash + "-" + i)));
        time.advance(random.nextInt(8));
      }
      if (random.nextBoolean()) {
        log.compact();
      }
      List<UUID> answered =
          results.stream()
              .filter(CompletableFuture::isDone)
              .map(result -> ((TopicResult) result.join()).topicId().orElseThrow())
              .toList();
      crashAndRestart(random.nextLong());
      assertThat(answered)
          .as("seed %d, crash %d", seed, crash)
          .allMatch(id -> quorum.image().topic(id).isPresent());
    }
  }

  private void crashAndRestart(long seed) {
    MetadataImage before = quorum.image();
    quorum.close();
    disk = disk.crashClone(seed);
    log = newLog(5);
    quorum = newRuntime();
    quorum.start();
    time.runUntil(quorum::isActiveController);
    assertThat(quorum.image().revision()).isGreaterThan(before.revision());
    assertThat(quorum.image().topics().byId()).containsAllEntriesOf(before.topics().byId());
  }

  private void startWithBroker() {
    quorum.start();
    done(Cluster.register(1, ""));
    long epoch = quorum.image().broker(1).orElseThrow().epoch();
    done(BrokerHeartbeat.of(1, epoch, epoch));
  }

  /** Of brokers 1 and 2, in entries so small that what happens to a broker takes several. */
  private void startWithManyPartitions() {
    quorum = newRuntime(ControllerSettings.DEFAULTS.withBounds(4 << 10, 10));
    quorum.start();
    for (int broker : List.of(1, 2)) {
      done(Cluster.register(broker, ""));
      done(BrokerHeartbeat.of(broker, epoch(broker), epoch(broker)));
    }
    List<List<Integer>> replicas = Collections.nCopies(30, List.of(1, 2));
    for (int i = 0; i < 12; i++) {
      done(new CreateTopic("t" + i, 0, 0, replicas, Map.of(), RequestOptions.NONE));
    }
    assertThat(ledBy(1)).isEqualTo(360);
  }

  private long epoch(int broker) {
    return quorum.image().broker(broker).orElseThrow().epoch();
  }

  private List<PartitionImage> partitions() {
    return quorum.image().topics().byId().values().stream()
        .flatMap(topic -> topic.partitions().stream())
        .toList();
  }

  private long ledBy(int broker) {
    return partitions().stream().filter(partition -> partition.leader() == broker).count();
  }

  private CommandResult done(Command command) {
    CompletableFuture<CommandResult> result = submit(command);
    time.runUntil(result::isDone);
    return result.join();
  }

  private CompletableFuture<CommandResult> submit(Command command) {
    return submit(command, TEN_SECONDS);
  }

  private CompletableFuture<CommandResult> submit(Command command, Duration timeout) {
    return quorum.submit(command, timeout);
  }

  private static CreateTopic create(String name) {
    return new CreateTopic(name, 1, 1, Map.of(), RequestOptions.NONE);
  }

  private static ErrorCode refused(CompletableFuture<CommandResult> result) {
    return ((Refused) result.join()).error().code();
  }

  private SimulatedMetadataLog newLog(long delayMs) {
    return new SimulatedMetadataLog(disk, Path.of("/data/metadata"), "c1", time, () -> delayMs);
  }

  private QuorumRuntime newRuntime() {
    return newRuntime(ControllerSettings.DEFAULTS);
  }

  private QuorumRuntime newRuntime(ControllerSettings bounds) {
    Random ids = new Random(7);
    Controller controller =
        new Controller(bounds, () -> new UUID(ids.nextLong(), ids.nextLong())) {
          @Override
          public ControllerPlan plan(MetadataImage image, List<Command> commands, long wallMs) {
            repairs += commands.stream().anyMatch(RepairPartitions.class::isInstance) ? 1 : 0;
            return super.plan(image, commands, wallMs);
          }
        };
    QuorumSettings settings = new QuorumSettings(1, 100, 10_000, 60_000);
    return new QuorumRuntime(settings, controller, log, time, time, time, faults);
  }
}
