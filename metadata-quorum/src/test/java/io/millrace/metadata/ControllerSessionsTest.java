package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.ErrorCode;
import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.QuorumHealth.State;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.Cluster;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.AllocateProducerIds;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.BrokerResult;
import io.millrace.metadata.controller.CommandResult.HeartbeatResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.MetadataImage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The controller's log takes effect at once, unless it is stuck; time is virtual. */
final class ControllerSessionsTest implements MetadataQuorum {
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  private final VirtualTime time = new VirtualTime();
  private final Cluster cluster = new Cluster(ControllerSettings.DEFAULTS, 1);
  private final Set<String> refusing = new HashSet<>();
  private final List<String> probed = new ArrayList<>();
  private boolean active = true;
  private boolean stuck;
  private final List<Runnable> waiting = new ArrayList<>();
  private final ControllerSessions sessions =
      new ControllerSessions(
          ControllerUpkeep.Settings.DEFAULTS,
          this,
          time,
          time,
          (listener, refused) -> {
            probed.add(listener.host());
            refused.accept(refusing.contains(listener.host()));
          },
          (message, cause) -> {
            throw new AssertionError(message, cause);
          });

  @Test
  void brokerThatBeatsLeadsAndOneThatIsSilentIsFenced() {
    SessionLink link = lead(1, 1);
    for (int i = 0; i < 20; i++) {
      time.advance(500);
      assertThat(beat(link, 1)).isInstanceOf(HeartbeatResult.class);
    }
    assertThat(state(1)).isEqualTo(BrokerState.ACTIVE);
    time.advance(2_900);
    assertThat(state(1)).isEqualTo(BrokerState.ACTIVE);
    time.advance(300);
    assertThat(state(1)).isEqualTo(BrokerState.FENCED);
  }

  @Test
  void brokerWhoseProcessHasEndedIsFencedAfterTheGrace() {
    SessionLink link = lead(1, 1);
    refusing.add("broker-1");
    link.close();
    time.advance(400);
    assertThat(state(1)).isEqualTo(BrokerState.ACTIVE);
    time.advance(300);
    assertThat(state(1)).isEqualTo(BrokerState.FENCED);
  }

  /** The connection may be closed before the listener is. */
  @Test
  void listenerThatTakesAConnectionIsAskedAgain() {
    SessionLink link = lead(1, 1);
    link.close();
    time.advance(300);
    refusing.add("broker-1");
    time.advance(900);
    assertThat(state(1)).isEqualTo(BrokerState.FENCED);
    assertThat(probed).hasSizeGreaterThan(1);
  }

  @Test
  void closedConnectionOfAProcessThatLivesOnIsNotItsEnd() {
    SessionLink link = lead(1, 1);
    link.close();
    time.advance(1_000);
    SessionLink next = sessions.open();
    assertThat(ask(next, Cluster.register(1, "", 1))).isInstanceOf(BrokerResult.class);
    refusing.add("broker-1");
    time.advance(2_500);
    assertThat(state(1)).isEqualTo(BrokerState.ACTIVE);
  }

  /** The end of an old link says nothing of a broker that has another one. */
  @Test
  void linkThatWasReplacedEndsNothing() {
    SessionLink old = lead(1, 1);
    SessionLink link = sessions.open();
    beat(link, 1);
    refusing.add("broker-1");
    old.close();
    time.advance(2_500);
    assertThat(probed).isEmpty();
    assertThat(state(1)).isEqualTo(BrokerState.ACTIVE);
  }

  @Test
  void nodeIdIsTheFirstProcessesUntilItHasEnded() {
    SessionLink link = lead(1, 1);
    SessionLink other = sessions.open();
    assertThat(code(ask(other, Cluster.register(1, "", 2)))).isEqualTo(ErrorCode.BROKER_ID_IN_USE);
    refusing.add("broker-1");
    link.close();
    time.advance(700);
    assertThat(ask(other, Cluster.register(1, "", 2))).isInstanceOf(BrokerResult.class);
  }

  /** Both are fenced, so the image alone does not tell that one of them lives. */
  @Test
  void twoProcessesThatStartUnderOneIdDoNotTakeTurns() {
    watch();
    assertThat(ask(sessions.open(), Cluster.register(1, "", 1))).isInstanceOf(BrokerResult.class);
    assertThat(code(ask(sessions.open(), Cluster.register(1, "", 2))))
        .isEqualTo(ErrorCode.BROKER_ID_IN_USE);
  }

  /** It is fenced, but its session keeps its node id from the next process. */
  @Test
  void processThatEndsBeforeItLeadsKeepsItsNodeIdForTheGraceOnly() {
    watch();
    SessionLink link = sessions.open();
    assertThat(ask(link, Cluster.register(1, "", 1))).isInstanceOf(BrokerResult.class);
    refusing.add("broker-1");
    link.close();
    time.advance(400);
    assertThat(code(ask(sessions.open(), Cluster.register(1, "", 2))))
        .isEqualTo(ErrorCode.BROKER_ID_IN_USE);
    time.advance(300);
    assertThat(ask(sessions.open(), Cluster.register(1, "", 2))).isInstanceOf(BrokerResult.class);
  }

  @Test
  void nextControllerGivesEveryBrokerAFullSession() {
    SessionLink link = lead(1, 1);
    lead(2, 1);
    active = false;
    time.advance(60_000);
    link.close();
    refusing.add("broker-1");
    active = true;
    time.advance(800);
    assertThat(state(1)).isEqualTo(BrokerState.FENCED);
    time.advance(2_000);
    assertThat(state(2)).isEqualTo(BrokerState.ACTIVE);
    time.advance(500);
    assertThat(state(2)).isEqualTo(BrokerState.FENCED);
  }

  @Test
  void heartbeatOfABrokerThatLeadsIsAnsweredWhileTheLogIsStuck() {
    SessionLink link = lead(1, 1);
    stuck = true;
    for (int i = 0; i < 20; i++) {
      time.advance(500);
      assertThat(beat(link, 1)).isInstanceOf(HeartbeatResult.class);
    }
    unstick();
    time.advance(1_000);
    assertThat(state(1)).isEqualTo(BrokerState.ACTIVE);
  }

  @Test
  void registeredProcessThatOpensAnotherLinkIsAnsweredWhileTheLogIsStuck() {
    lead(1, 1);
    stuck = true;
    SessionLink next = sessions.open();
    assertThat(ask(next, Cluster.register(1, "", 1))).isInstanceOf(BrokerResult.class);
    assertThat(beat(next, 1)).isInstanceOf(HeartbeatResult.class);
  }

  @Test
  void brokerThatIsHeardOfAgainIsNotFencedWhenTheLogGoesOn() {
    SessionLink link = lead(1, 1);
    stuck = true;
    time.advance(3_200);
    for (int i = 0; i < 10; i++) {
      beat(link, 1);
      time.advance(500);
    }
    unstick();
    assertThat(state(1)).isEqualTo(BrokerState.ACTIVE);
  }

  /** It would stand for a connection that the broker does not have. */
  @Test
  void registrationThatIsAnsweredAfterItsLinkHasEndedIsNoWordOfTheBroker() {
    watch();
    SessionLink link = sessions.open();
    stuck = true;
    CompletableFuture<CommandResult> late = link.ask(Cluster.register(1, "", 1), TIMEOUT);
    time.advance(0);
    link.close();
    unstick();
    assertThat(late).isCompleted();
    SessionLink next = sessions.open();
    assertThat(ask(next, Cluster.register(1, "", 2))).isInstanceOf(BrokerResult.class);
  }

  @Test
  void brokerIsToldThatItsRegistrationIsNoLongerKnown() {
    SessionLink link = lead(1, 1);
    CommandResult result = ask(link, BrokerHeartbeat.of(1, 1_000, 1_000));
    assertThat(code(result)).isEqualTo(ErrorCode.STALE_BROKER_EPOCH);
  }

  @Test
  void controllerThatIsNotActiveAndOtherCommandsAreRefused() {
    active = false;
    SessionLink link = sessions.open();
    assertThat(code(ask(link, Cluster.register(1, "", 1)))).isEqualTo(ErrorCode.NOT_CONTROLLER);
    link.close();
    active = true;
    assertThat(code(ask(link, new AllocateProducerIds(1, 1, 1))))
        .isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  private SessionLink lead(int broker, long process) {
    watch();
    SessionLink link = sessions.open();
    assertThat(ask(link, Cluster.register(broker, "", process))).isInstanceOf(BrokerResult.class);
    assertThat(beat(link, broker)).isInstanceOf(HeartbeatResult.class);
    assertThat(state(broker)).isEqualTo(BrokerState.ACTIVE);
    return link;
  }

  private void watch() {
    if (time.nowMs() == 0) {
      sessions.start();
      time.advance(100);
    }
  }

  private CommandResult beat(SessionLink link, int broker) {
    return ask(link, cluster.heartbeat(broker));
  }

  private CommandResult ask(SessionLink link, Command command) {
    CompletableFuture<CommandResult> result = link.ask(command, TIMEOUT);
    time.advance(0);
    assertThat(result).isCompleted();
    return result.join();
  }

  private BrokerState state(int broker) {
    return cluster.image().broker(broker).orElseThrow().state();
  }

  private static ErrorCode code(CommandResult result) {
    return ((Refused) result).error().code();
  }

  // ---- this node's part in the quorum

  @Override
  public CompletableFuture<CommandResult> submit(Command command, Duration timeout) {
    if (!stuck) {
      return CompletableFuture.completedFuture(cluster.run(command));
    }
    CompletableFuture<CommandResult> answer = new CompletableFuture<>();
    long endMs = time.nowMs() + timeout.toMillis();
    waiting.add(
        () -> {
          if (time.nowMs() < endMs) {
            answer.complete(cluster.run(command));
          }
        });
    return answer;
  }

  /** The log takes what waits and has not timed out. */
  private void unstick() {
    stuck = false;
    waiting.forEach(Runnable::run);
    waiting.clear();
  }

  @Override
  public MetadataImage image() {
    return cluster.image();
  }

  @Override
  public boolean isActiveController() {
    return active;
  }

  @Override
  public QuorumHealth health() {
    return new QuorumHealth(State.FOLLOWING, 2, 1, image().revision(), "following");
  }

  @Override
  public void start() {}

  @Override
  public void subscribe(MetadataListener listener) {}

  @Override
  public void close() {}
}
