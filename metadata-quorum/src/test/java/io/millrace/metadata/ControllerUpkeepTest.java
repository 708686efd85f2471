package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.Cluster;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.Controller;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.simulated.SimulatedMetadataLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In virtual time, with a log of one node. */
final class ControllerUpkeepTest {
  private final VirtualTime time = new VirtualTime();
  private final ThrowingFaults faults = new ThrowingFaults();
  private final SimulatedMetadataLog log =
      new SimulatedMetadataLog(
          new MemoryFileStore(), Path.of("/data/metadata"), "c1", time, () -> 5);
  private final QuorumRuntime quorum = newRuntime();
  private final List<Integer> dialled = new ArrayList<>();

  /** The brokers whose listeners refuse. */
  private final List<Integer> refusing = new ArrayList<>();

  private final ControllerUpkeep upkeep =
      new ControllerUpkeep(
          ControllerUpkeep.Settings.DEFAULTS,
          quorum,
          time,
          time,
          (broker, refused) -> {
            dialled.add(broker.id());
            if (refusing.contains(broker.id())) {
              refused.run();
            }
          },
          faults);

  @BeforeEach
  void start() {
    quorum.start();
    upkeep.start();
    time.runUntil(quorum::isActiveController);
    time.advance(200); // The upkeep has seen it.
    List.of(1, 2).forEach(this::start);
    done(new CreateTopic("a", 0, 0, List.of(List.of(1, 2)), Map.of(), RequestOptions.NONE));
  }

  @Test
  void brokerThatIsHeardOfLeadsOn() {
    for (int i = 0; i < 20; i++) {
      heard(1, 2);
      time.advance(500);
    }
    assertThat(fenced(1)).isFalse();
    assertThat(partition().leader()).isEqualTo(1);
  }

  @Test
  void silentBrokerIsFencedAfterTheSessionTimeoutAndAnotherLeads() {
    heard(1, 2);
    for (int i = 0; i < 5; i++) {
      time.advance(500);
      heard(2);
    }
    assertThat(fenced(1)).isFalse();
    time.advance(700);
    assertThat(fenced(1)).isTrue();
    assertThat(fenced(2)).isFalse();
    assertThat(partition().leader()).isEqualTo(2);
  }

  @Test
  void brokerWhoseListenerRefusesIsFencedAfterTheGrace() {
    heard(1, 2);
    time.advance(10);
    refusing.add(1);
    upkeep.disconnected(1, epoch(1));
    time.advance(400);
    assertThat(dialled).endsWith(1);
    assertThat(fenced(1)).isFalse();
    time.advance(300);
    assertThat(fenced(1)).isTrue();
  }

  @Test
  void brokerThatOnlyLostItsConnectionIsWaitedFor() {
    heard(1, 2);
    upkeep.disconnected(1, epoch(1));
    time.advance(2_500);
    assertThat(fenced(1)).isFalse();
  }

  @Test
  void newControllerStartsEverySessionFullAndDialsEveryBroker() {
    heard(1, 2);
    time.advance(2_500);
    log.depose();
    time.runUntil(quorum::isActiveController);
    dialled.clear();
    time.advance(2_500);
    assertThat(dialled).containsExactly(1, 2);
    assertThat(fenced(1)).isFalse();
    time.advance(1_000);
    assertThat(fenced(1)).isTrue();
  }

  @Test
  void partitionWithoutALeaderIsLedAgainOnceUncleanElectionIsEnabled() {
    heard(1, 2);
    for (int i = 0; i < 8; i++) {
      time.advance(500);
      heard(1);
    }
    assertThat(fenced(2)).isTrue();
    time.advance(4_000);
    assertThat(fenced(1)).isTrue();
    done(BrokerHeartbeat.of(2, epoch(2), quorum.image().revision()));
    assertThat(partition().leader()).isEqualTo(PartitionImage.NO_BROKER);
    done(
        new Command.AlterTopicConfigs(
            "a",
            Map.of("unclean.leader.election.enable", Optional.of("true")),
            RequestOptions.NONE));
    heard(2);
    time.advance(1_500);
    assertThat(partition().leader()).isEqualTo(2);
    assertThat(quorum.image().uncleanElections()).isEqualTo(1);
  }

  @Test
  void liveProcessOfANodeIdIsTold() {
    heard(1, 2);
    List<Optional<UUID>> told = new ArrayList<>();
    upkeep.liveIncarnation(1, told::add);
    upkeep.liveIncarnation(7, told::add);
    time.advance(10);
    assertThat(told).containsExactly(Optional.of(new UUID(1, 1)), Optional.empty());
  }

  @Test
  void closedUpkeepDoesNothing() {
    heard(1, 2);
    upkeep.close();
    time.advance(10_000);
    assertThat(fenced(1)).isFalse();
  }

  private void start(int broker) {
    done(Cluster.register(broker, ""));
    done(BrokerHeartbeat.of(broker, epoch(broker), epoch(broker)));
  }

  private void heard(int... brokers) {
    for (int broker : brokers) {
      upkeep.heard(broker, epoch(broker));
    }
  }

  private boolean fenced(int broker) {
    return quorum.image().broker(broker).orElseThrow().fenced();
  }

  private long epoch(int broker) {
    return quorum.image().broker(broker).orElseThrow().epoch();
  }

  private PartitionImage partition() {
    return quorum.image().topic("a").orElseThrow().partitions().get(0);
  }

  private void done(Command command) {
    CompletableFuture<CommandResult> result = quorum.submit(command, Duration.ofSeconds(10));
    time.runUntil(result::isDone);
    assertThat(result.join()).isNotInstanceOf(CommandResult.Refused.class);
  }

  private QuorumRuntime newRuntime() {
    Random ids = new Random(7);
    Controller controller =
        new Controller(ControllerSettings.DEFAULTS, () -> new UUID(ids.nextLong(), ids.nextLong()));
    QuorumSettings settings = new QuorumSettings(1, 100, 10_000, 60_000);
    return new QuorumRuntime(settings, controller, log, time, time, time, faults);
  }
}
