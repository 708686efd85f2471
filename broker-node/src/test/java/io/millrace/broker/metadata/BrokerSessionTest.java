package io.millrace.broker.metadata;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.MetadataListener;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.QuorumHealth;
import io.millrace.metadata.QuorumHealth.State;
import io.millrace.metadata.SessionLink;
import io.millrace.metadata.SessionLinks;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerStart;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.BrokerResult;
import io.millrace.metadata.controller.CommandResult.HeartbeatResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pcollections.TreePMap;

/** The controllers answer as the test says; time is virtual. */
class BrokerSessionTest implements MetadataQuorum, SessionLinks {
  private static final RegisterBroker REGISTRATION =
      new RegisterBroker(
          1,
          new UUID(1, 1),
          new Endpoint("h", 1),
          Optional.of(new Endpoint("h", 2)),
          "",
          FeatureRange.SUPPORTED,
          BrokerStart.clean(List.of(new UUID(1, 2))));
  private static final HeartbeatResult LEADS = new HeartbeatResult(true, false, false, 0);
  private static final HeartbeatResult FENCED = new HeartbeatResult(true, true, false, 0);

  private final VirtualTime time = new VirtualTime();
  private final Deque<CommandResult> answers = new ArrayDeque<>();
  private final List<String> asked = new ArrayList<>();
  private final List<Integer> opened = new ArrayList<>();
  private final List<Integer> closed = new ArrayList<>();
  private State state = State.FOLLOWING;
  private int controller = 2;
  private int brokers = 2;
  private RegisterBroker process = REGISTRATION;
  private UUID directory = new UUID(1, 2);
  private long brokerEpoch = 7;
  private long revision;
  private BrokerState brokerState = BrokerState.ACTIVE;

  /** What is answered when the test has said nothing else. */
  private CommandResult otherwise = LEADS;

  private boolean silent;
  private final List<CompletableFuture<CommandResult>> lateAnswers = new ArrayList<>();
  private final BrokerSession session =
      new BrokerSession(
          new BrokerSession.Settings(1, 500, 3_000), this, this, time, time, () -> 0.5);

  @Test
  void registersAndLeadsAsSoonAsItsImageKnowsOfIt() {
    answers.add(new BrokerResult(7, 7));
    answers.add(new HeartbeatResult(false, true, false, 0));
    CompletableFuture<Void> started = session.start(() -> process);
    time.advance(0);
    assertThat(started).isNotDone();
    assertThat(session.leads()).isFalse();
    time.advance(50);
    assertThat(started).isCompleted();
    assertThat(session.leads()).isTrue();
    assertThat(session.epoch()).isEqualTo(7);
    assertThat(asked).containsExactly("register", "heartbeat 7", "heartbeat 7");
  }

  @Test
  void tellsEachHalfSecondThatItLives() {
    lead();
    asked.clear();
    time.advance(5_000);
    assertThat(asked).hasSizeBetween(8, 11).containsOnly("heartbeat 7");
  }

  @Test
  void waitsForAControllerBeforeItAsksAnyone() {
    state = State.NO_CONTROLLER;
    answers.add(new BrokerResult(7, 7));
    CompletableFuture<Void> started = session.start(() -> process);
    time.advance(60_000);
    assertThat(asked).isEmpty();
    state = State.FOLLOWING;
    time.advance(50);
    assertThat(started).isCompleted();
  }

  @Test
  void registersWithTheNextControllerEvenIfTheOldOneIsSilent() {
    lead();
    silent = true;
    time.advance(700);
    silent = false;
    controller = 3;
    asked.clear();
    answers.add(new BrokerResult(7, 7));
    time.advance(300);
    assertThat(opened).containsExactly(2, 3);
    assertThat(closed).containsExactly(2);
    assertThat(asked).startsWith("register", "heartbeat 7");
  }

  @Test
  void goesOnLeadingWithoutAController() {
    lead();
    state = State.NO_CONTROLLER;
    otherwise = refused(ErrorCode.UNAVAILABLE);
    time.advance(60_000);
    assertThat(session.leads()).isTrue();
    assertThat(session.epoch()).isEqualTo(7);
  }

  @Test
  void aLostLinkIsOpenedAgain() {
    lead();
    answers.add(refused(ErrorCode.UNAVAILABLE));
    answers.add(new BrokerResult(7, 7));
    time.advance(1_000);
    assertThat(opened).containsExactly(2, 2);
    assertThat(session.leads()).isTrue();
  }

  @Test
  void silentControllerIsAskedAnewWhileTheSessionLasts() {
    lead();
    silent = true;
    time.advance(1_400);
    assertThat(closed).isEmpty();
    silent = false;
    answers.add(new BrokerResult(7, 7));
    asked.clear();
    time.advance(400);
    assertThat(closed).containsExactly(2);
    assertThat(asked).startsWith("register", "heartbeat 7");
  }

  @Test
  void aBrokerThatHasNoSessionToLoseWaitsLonger() {
    silent = true;
    session.start(() -> process);
    time.advance(2_900);
    assertThat(closed).isEmpty();
    time.advance(200);
    assertThat(closed).containsExactly(2);
  }

  @Test
  void answerThatComesAfterItWasGivenUpIsForgotten() {
    lead();
    silent = true;
    time.advance(4_000);
    assertThat(lateAnswers).isNotEmpty();
    lateAnswers.get(0).complete(FENCED);
    time.advance(0);
    assertThat(session.leads()).isTrue();
  }

  @Test
  void registrationThatIsNoLongerKnownIsMadeAnew() {
    lead();
    answers.add(refused(ErrorCode.STALE_BROKER_EPOCH));
    answers.add(refused(ErrorCode.UNAVAILABLE));
    time.advance(620);
    assertThat(session.leads()).isFalse();
    brokerEpoch = 9;
    answers.add(new BrokerResult(9, 9));
    time.advance(1_000);
    assertThat(session.epoch()).isEqualTo(9);
    assertThat(session.leads()).isTrue();
  }

  @Test
  void fencedBrokerSaysSoUntilItLeadsAgain() {
    lead();
    answers.add(FENCED);
    time.advance(600);
    assertThat(session.leads()).isFalse();
    time.advance(600);
    assertThat(session.leads()).isTrue();
  }

  @Test
  void startWaitsForTheEndOfTheProcessBefore() {
    for (int i = 0; i < 6; i++) {
      answers.add(inUse());
    }
    answers.add(new BrokerResult(7, 7));
    CompletableFuture<Void> started = session.start(() -> process);
    time.advance(1_500);
    assertThat(started).isNotDone();
    time.advance(1_000);
    assertThat(started).isCompleted();
  }

  @Test
  void startFailsWhileAnotherProcessWithItsIdLivesOn() {
    otherwise = inUse();
    CompletableFuture<Void> started = session.start(() -> process);
    time.advance(12_500);
    assertThat(started).isNotDone();
    assertThat(session.standing()).isEqualTo("node 2 refuses: BROKER_ID_IN_USE: refused");
    time.advance(1_500);
    assertThat(started).isCompletedExceptionally();
  }

  /** Each new controller gives the process before a full session of its own. */
  @Test
  void aProcessBeforeThatEachNewControllerTakesForAliveIsNoReasonToEnd() {
    otherwise = inUse();
    CompletableFuture<Void> started = session.start(() -> process);
    for (int i = 0; i < 10; i++) {
      time.advance(12_000);
      controller = 5 - controller;
    }
    assertThat(started).isNotDone();
    answers.add(new BrokerResult(7, 7));
    otherwise = LEADS;
    time.advance(1_000);
    assertThat(started).isCompleted();
  }

  @Test
  void startFailsAtOnceWhenTheProcessIsRefusedForGood() {
    answers.add(refused(ErrorCode.UNSUPPORTED));
    CompletableFuture<Void> started = session.start(() -> process);
    time.advance(100);
    assertThat(started).isCompletedExceptionally();
    assertThat(asked).containsExactly("register");
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "NOT_CONTROLLER",
        "UNAVAILABLE",
        "REQUEST_TIMED_OUT",
        "OUTCOME_UNKNOWN",
        "THROTTLED",
        "INTERNAL"
      })
  void goesOnAskingHoweverLongTheControllerIsAway(ErrorCode why) {
    otherwise = refused(why);
    CompletableFuture<Void> started = session.start(() -> process);
    time.advance(120_000);
    assertThat(started).isNotDone();
    assertThat(session.standing()).isEqualTo("node 2 refuses: " + why + ": refused");
    assertThat(asked).as("about twice a second, not in haste").hasSizeBetween(200, 300);
    answers.add(new BrokerResult(7, 7));
    otherwise = LEADS;
    time.advance(1_000);
    assertThat(started).isCompleted();
    assertThat(session.standing()).isEmpty();
  }

  @Test
  void goesOnAskingHoweverLongItsImageIsBehind() {
    answers.add(new BrokerResult(7, 7));
    otherwise = new HeartbeatResult(false, true, false, 0);
    CompletableFuture<Void> started = session.start(() -> process);
    time.advance(120_000);
    assertThat(started).isNotDone();
    assertThat(session.standing())
        .isEqualTo(
            "the metadata here are at revision 0 (expected by the controller of node 2: 7 or"
                + " later)");
    assertThat(asked).hasSizeLessThan(350);
    otherwise = LEADS;
    time.advance(1_000);
    assertThat(started).isCompleted();
  }

  @Test
  void brokerThatTheMetadataCallFencedDoesNotLead() {
    lead();
    silent = true;
    brokerState = BrokerState.FENCED;
    time.advance(200);
    assertThat(session.leads()).isFalse();
    assertThat(session.standing()).contains("as the metadata say");
  }

  @Test
  void anImageThatIsOlderThanTheControllersWordSaysNothing() {
    brokerState = BrokerState.FENCED;
    answers.add(new BrokerResult(7, 7));
    otherwise = new HeartbeatResult(true, false, false, 8);
    CompletableFuture<Void> started = session.start(() -> process);
    time.advance(2_000);
    assertThat(started).isCompleted();
    assertThat(session.leads()).isTrue();
  }

  @Test
  void aFailedDirectoryIsToldUntilTheMetadataKnow() {
    lead();
    asked.clear();
    session.directoryFailed(new UUID(1, 2));
    time.advance(0);
    assertThat(asked).containsExactly("heartbeat 7 offline " + new UUID(1, 2));
    time.advance(1_000);
    assertThat(asked).hasSizeGreaterThan(1).doesNotContain("heartbeat 7");
    directory = new UUID(1, 3);
    asked.clear();
    time.advance(1_000);
    assertThat(asked).containsOnly("heartbeat 7");
  }

  @Test
  void aRegistrationTellsHowTheProcessIsByThen() {
    lead();
    RegisterBroker later =
        new RegisterBroker(
            1,
            new UUID(1, 1),
            new Endpoint("h", 1),
            Optional.empty(),
            "",
            FeatureRange.SUPPORTED,
            BrokerStart.clean(List.of(new UUID(1, 3))));
    process = later;
    controller = 3;
    asked.clear();
    answers.add(new BrokerResult(7, 7));
    time.advance(300);
    assertThat(asked).startsWith(later.toString());
  }

  @Test
  void handsOverAndThenLeavesFenced() {
    lead();
    otherwise = new HeartbeatResult(true, false, true, 0);
    asked.clear();
    CompletableFuture<Boolean> handedOver = session.handOver();
    time.advance(100);
    assertThat(handedOver).isCompletedWithValue(true);
    assertThat(asked).containsExactly("heartbeat 7 shut down");
    otherwise = FENCED;
    CompletableFuture<Void> ended = session.end();
    time.advance(100);
    assertThat(ended).isCompleted();
    assertThat(asked).last().isEqualTo("heartbeat 7 fence shut down");
    assertThat(closed).containsExactly(2);
  }

  /** Until then the broker takes its clients' records, and can't tell them who leads. */
  @Test
  void hasHandedOverOnceTheMetadataHereShowIt() {
    lead();
    otherwise = new HeartbeatResult(true, false, true, 9);
    revision = 8;
    CompletableFuture<Boolean> handedOver = session.handOver();
    time.advance(1_000);
    assertThat(handedOver).isNotDone();
    revision = 9;
    time.advance(100);
    assertThat(handedOver).isCompletedWithValue(true);
  }

  @Test
  void onlyBrokerEndsWithoutAWord() {
    lead();
    brokers = 1;
    asked.clear();
    CompletableFuture<Boolean> handedOver = session.handOver();
    CompletableFuture<Void> ended = session.end();
    time.advance(0);
    assertThat(handedOver).isCompletedWithValue(false);
    assertThat(ended).isCompleted();
    assertThat(asked).isEmpty();
  }

  @Test
  void endIsNotHeldUpByAMissingController() {
    lead();
    state = State.NO_CONTROLLER;
    CompletableFuture<Boolean> handedOver = session.handOver();
    time.advance(0);
    assertThat(handedOver).isCompletedWithValue(false);
    CompletableFuture<Void> ended = session.end();
    time.advance(0);
    assertThat(ended).isCompleted();
    assertThat(closed).containsExactly(2);
  }

  private void lead() {
    answers.add(new BrokerResult(7, 7));
    CompletableFuture<Void> started = session.start(() -> process);
    time.advance(50);
    assertThat(started).isCompleted();
  }

  private static Refused refused(ErrorCode code) {
    return new Refused(new MillraceError(code, "refused"));
  }

  private static Refused inUse() {
    return new Refused(
        new MillraceError(
            ErrorCode.BROKER_ID_IN_USE, "refused", Map.of("session_timeout_ms", "3000")));
  }

  // ---- the controllers

  @Override
  public SessionLink open(int node) {
    opened.add(node);
    return new SessionLink() {
      @Override
      public CompletableFuture<CommandResult> ask(Command command, Duration timeout) {
        asked.add(describe(command));
        if (silent) {
          lateAnswers.add(new CompletableFuture<>());
          return lateAnswers.get(lateAnswers.size() - 1);
        }
        return CompletableFuture.completedFuture(answers.isEmpty() ? otherwise : answers.remove());
      }

      @Override
      public void close() {
        closed.add(node);
      }
    };
  }

  private static String describe(Command command) {
    if (command instanceof BrokerHeartbeat heartbeat) {
      return "heartbeat "
          + heartbeat.brokerEpoch()
          + (heartbeat.wantFence() ? " fence" : "")
          + (heartbeat.wantShutDown() ? " shut down" : "")
          + heartbeat.offlineDirectories().stream().map(id -> " offline " + id).collect(joining());
    }
    return command.equals(REGISTRATION) ? "register" : "" + command;
  }

  // ---- this node's part in the quorum

  @Override
  public QuorumHealth health() {
    return new QuorumHealth(state, state == State.FOLLOWING ? controller : 0, 1, 0, "");
  }

  @Override
  public MetadataImage image() {
    TreePMap<Integer, BrokerImage> all = TreePMap.empty();
    for (int id = 1; id <= brokers; id++) {
      all =
          all.plus(
              id,
              new BrokerImage(
                  id,
                  new BrokerRegistration(
                      brokerEpoch, new UUID(id, 1), List.of(id == 1 ? directory : new UUID(id, 2))),
                  new Endpoint("h", 1),
                  Optional.empty(),
                  "",
                  FeatureRange.SUPPORTED,
                  brokerState));
    }
    return MetadataImage.EMPTY.withBrokers(all).withRevision(revision);
  }

  @Override
  public void start() {}

  @Override
  public CompletableFuture<CommandResult> submit(Command command, Duration timeout) {
    throw new AssertionError(command);
  }

  @Override
  public void subscribe(MetadataListener listener) {}

  @Override
  public boolean isActiveController() {
    return false;
  }

  @Override
  public void close() {}
}
