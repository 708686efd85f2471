package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.controller.BrokerSessions.Effect;
import io.millrace.metadata.controller.BrokerSessions.Effect.Dial;
import io.millrace.metadata.controller.BrokerSessions.Effect.Fence;
import io.millrace.metadata.controller.BrokerSessions.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Time here is a number that the test moves. */
final class BrokerSessionsTest {
  private final Cluster cluster = new Cluster(ControllerSettings.DEFAULTS, 1).start(1, 2);
  private final BrokerSessions sessions = new BrokerSessions(Settings.DEFAULTS);
  private long nowMs = 50_000;

  @Test
  void everySessionIsFullWhenTheControllerBeginsAndEveryBrokerIsDialled() {
    assertThat(activate()).containsExactly(new Dial(1, epoch(1)), new Dial(2, epoch(2)));
    assertThat(pass(2_900)).isEmpty();
    assertThat(fenced(pass(200))).containsExactly(1, 2);
  }

  @Test
  void brokerThatIsHeardOfIsNotGivenUp() {
    activate();
    for (int i = 0; i < 20; i++) {
      assertThat(fenced(pass(500))).doesNotContain(1);
      heard(1);
    }
  }

  @Test
  void silentBrokerIsGivenUpAfterTheSessionTimeout() {
    activate();
    heard(1);
    pass(1_000);
    heard(2);
    assertThat(pass(1_900)).isEmpty();
    assertThat(pass(200))
        .containsExactly(new Fence(1, epoch(1), "it has not been heard of for 3000 ms"));
  }

  /** Its heartbeat was submitted to the controller before, and carried out by this one. */
  @Test
  void brokerThatLostItsFenceWithoutBeingHeardOfIsWatchedToo() {
    activate();
    cluster.start(3);
    assertThat(pass(100)).containsExactly(new Dial(3, epoch(3)));
    for (int i = 0; i < 28; i++) {
      heard(1);
      heard(2);
      assertThat(pass(100)).isEmpty();
    }
    heard(1);
    heard(2);
    assertThat(fenced(pass(200))).containsExactly(3);
  }

  @Test
  void closedConnectionAloneEndsNoSession() {
    activate();
    heard(1);
    heard(2);
    assertThat(sessions.disconnected(1, epoch(1))).containsExactly(new Dial(1, epoch(1)));
    assertThat(pass(2_900)).isEmpty();
  }

  @Test
  void brokerWhoseListenerRefusesIsGivenUpAfterTheGrace() {
    activate();
    heard(1);
    heard(2);
    sessions.disconnected(1, epoch(1));
    sessions.refused(1, epoch(1), nowMs);
    assertThat(pass(400)).isEmpty();
    assertThat(fenced(pass(200))).containsExactly(1);
  }

  @Test
  void brokerThatIsHeardOfWithinTheGraceStays() {
    activate();
    heard(1);
    heard(2);
    sessions.refused(1, epoch(1), nowMs);
    pass(300);
    heard(1);
    assertThat(pass(2_600)).isEmpty();
  }

  @Test
  void graceIsNotBegunAnewByFurtherRefusals() {
    activate();
    sessions.refused(1, epoch(1), nowMs);
    pass(400);
    sessions.refused(1, epoch(1), nowMs);
    assertThat(fenced(pass(200))).containsExactly(1);
  }

  /** A pause of the controller itself, or a machine under load, fences nobody. */
  @Test
  void latenessOfTheControllerIsAddedToEverySession() {
    activate();
    heard(1);
    heard(2);
    nowMs += 60_000;
    assertThat(sessions.tick(cluster.image(), nowMs)).isEmpty();
    assertThat(pass(2_700)).isEmpty();
    assertThat(fenced(pass(400))).containsExactly(1, 2);
  }

  @Test
  void fencingIsAskedForAgainUntilTheImageShowsIt() {
    activate();
    heard(2);
    assertThat(fenced(pass(3_100))).contains(1);
    assertThat(fenced(pass(1_800))).doesNotContain(1);
    assertThat(fenced(pass(300))).contains(1);
    cluster.fence(1);
    assertThat(fenced(pass(5_000))).doesNotContain(1);
  }

  @Test
  void sessionOfAnEarlierRegistrationIsOver() {
    activate();
    long before = epoch(1);
    cluster.fence(1);
    cluster.start(Cluster.register(1, "", 2));
    heard(1);
    sessions.refused(1, before, nowMs);
    sessions.heard(cluster.image(), 1, before, nowMs + 1_000_000);
    heard(2);
    assertThat(pass(2_900)).isEmpty();
    assertThat(sessions.liveIncarnation(1)).contains(new UUID(1, 2));
    assertThat(sessions.disconnected(1, before)).isEmpty();
  }

  @Test
  void processThatStartsIsKnownWhileItIsHeardOf() {
    activate();
    cluster.run(Cluster.register(3, ""));
    heard(3);
    assertThat(sessions.liveIncarnation(3)).contains(new UUID(3, 1));
    heardAll();
    assertThat(fenced(pass(3_100))).doesNotContain(3);
    assertThat(sessions.liveIncarnation(3)).isEmpty();
  }

  @Test
  void deposedControllerGivesNobodyUp() {
    activate();
    sessions.deactivate();
    assertThat(pass(10_000)).isEmpty();
  }

  private List<Effect> activate() {
    return sessions.activate(cluster.image(), nowMs);
  }

  private void heardAll() {
    heard(1);
    heard(2);
  }

  private void heard(int broker) {
    sessions.heard(cluster.image(), broker, epoch(broker), nowMs);
  }

  private long epoch(int broker) {
    return cluster.epoch(broker);
  }

  /** Time passes in ticks. */
  private List<Effect> pass(long millis) {
    List<Effect> effects = new ArrayList<>();
    for (long end = nowMs + millis; nowMs < end; ) {
      nowMs += Settings.DEFAULTS.tickMs();
      effects.addAll(sessions.tick(cluster.image(), nowMs));
    }
    return effects;
  }

  private static List<Integer> fenced(List<Effect> effects) {
    return effects.stream().map(effect -> ((Fence) effect).brokerId()).toList();
  }
}
