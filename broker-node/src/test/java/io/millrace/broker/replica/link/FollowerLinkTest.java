package io.millrace.broker.replica.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class FollowerLinkTest {
  private static final MillraceError NOT_LEADER =
      new MillraceError(ErrorCode.NOT_LEADER, "not yet");

  private final TopicIdPartition partition = new TopicIdPartition(new UUID(1, 1), 0);
  private final List<FollowerEffect> effects = new ArrayList<>();
  private final FollowerLink link =
      new FollowerLink(new FollowerLink.Settings(2, 1, 1_000, 500), 20, 0);
  private long nowMs;

  private List<FollowerEffect> settled() {
    link.settle(nowMs, effects);
    List<FollowerEffect> done = List.copyOf(effects);
    effects.clear();
    return done;
  }

  private List<FollowerFrame> sent() {
    return settled().stream()
        .filter(FollowerEffect.Send.class::isInstance)
        .map(effect -> ((FollowerEffect.Send) effect).frame())
        .toList();
  }

  private void subscribe(long attempt, int leaderEpoch, long position) {
    link.subscribe(
        partition,
        new FollowingEffect.Subscribe(attempt, 1, leaderEpoch, position, 0),
        nowMs,
        effects);
  }

  private void received(LeaderFrame frame) {
    link.received(link.stream(), frame, nowMs, effects);
  }

  private FollowerEffect tell(FollowingEvent event) {
    return new FollowerEffect.Tell(partition, event);
  }

  private static LeaderFrame data(long subscription, long from, long to) {
    return new LeaderFrame.Data(
        List.of(
            new LeaderFrame.DataPart(subscription, from, 0, 0, new FakeRecords(from, to, 100))));
  }

  /** Attempt 1 at epoch 5 from offset 10 becomes subscription 7. */
  private void active() {
    subscribe(1, 5, 10);
    settled();
    received(new LeaderFrame.Subscribed(1, 7, 10, 0));
    settled();
  }

  @Test
  void theFirstWishOpensAStreamAndAsks() {
    subscribe(1, 5, 10);

    assertThat(settled())
        .containsExactly(
            new FollowerEffect.Connect(1),
            new FollowerEffect.Send(1, new FollowerFrame.Open(2, 20, 1, 1_000, 500, false)),
            new FollowerEffect.Send(1, new FollowerFrame.Subscribe(1, partition, 5, 10, 0)));
  }

  @Test
  void recordsOfTheSubscriptionReachThePartitionUnderItsAttempt() {
    active();

    received(data(7, 10, 12));

    assertThat(settled())
        .containsExactly(
            tell(new FollowingEvent.ReplicatedBatches(1, 10, 0, 0, new FakeRecords(10, 12, 100))));
  }

  @Test
  void framesOfASubscriptionThatIsOverAreDropped() {
    active();
    link.unsubscribe(partition, 1, nowMs, effects);
    assertThat(sent()).containsExactly(new FollowerFrame.Unsubscribe(7));

    received(data(7, 10, 12));
    received(new LeaderFrame.Watermarks(List.of(new LeaderFrame.Watermark(7, 11, 0))));
    received(new LeaderFrame.Ended(7, NOT_LEADER));

    assertThat(settled()).containsExactly(new FollowerEffect.Drop(new FakeRecords(10, 12, 100)));
  }

  @Test
  void framesOfAnOlderStreamAreDropped() {
    active();
    link.lost(1, nowMs, effects);
    settled();
    subscribe(2, 5, 10);
    nowMs = 1_000;
    settled();
    assertThat(link.stream()).isEqualTo(2);
    // Each stream of a leader numbers its subscriptions anew.
    received(new LeaderFrame.Subscribed(1, 7, 10, 0));
    settled();

    link.received(1, data(7, 10, 12), nowMs, effects);
    link.lost(1, nowMs, effects);

    assertThat(settled()).containsExactly(new FollowerEffect.Drop(new FakeRecords(10, 12, 100)));
    assertThat(link.stream()).isEqualTo(2);
  }

  @Test
  void anAnswerThatNobodyWantsAnyMoreIsTakenBack() {
    subscribe(1, 5, 10);
    settled();
    link.unsubscribe(partition, 1, nowMs, effects);
    subscribe(2, 6, 10);
    settled();

    received(new LeaderFrame.Subscribed(1, 7, 10, 0));

    assertThat(settled())
        .containsExactly(new FollowerEffect.Send(1, new FollowerFrame.Unsubscribe(7)));
    received(new LeaderFrame.Subscribed(2, 8, 10, 0));
    assertThat(settled()).containsExactly(tell(new FollowingEvent.Subscribed(2, 10, 0)));
  }

  @Test
  void aDivergenceIsToldAndTheNextAttemptGoesAtOnce() {
    subscribe(1, 5, 10);
    settled();
    received(new LeaderFrame.Diverged(1, 3, 8));
    assertThat(settled()).containsExactly(tell(new FollowingEvent.Diverged(1, 3, 8)));

    subscribe(2, 5, 8);

    assertThat(sent()).containsExactly(new FollowerFrame.Subscribe(2, partition, 5, 8, 0));
  }

  @Test
  void refusedAttemptsWaitLongerEachTimeUntilTheLeaderEpochIsNewer() {
    subscribe(1, 5, 10);
    settled();
    received(new LeaderFrame.Refused(1, NOT_LEADER));
    assertThat(settled())
        .containsExactly(tell(new FollowingEvent.SubscriptionEnded(1, Optional.of(NOT_LEADER))));

    subscribe(2, 5, 10);
    assertThat(sent()).isEmpty();
    assertThat(link.dueMs()).isEqualTo(10);
    nowMs = 10;
    assertThat(sent()).containsExactly(new FollowerFrame.Subscribe(2, partition, 5, 10, 0));
    received(new LeaderFrame.Refused(2, NOT_LEADER));
    subscribe(3, 5, 10);
    settled();
    assertThat(link.dueMs()).isEqualTo(30);

    subscribe(4, 6, 10);
    assertThat(sent()).containsExactly(new FollowerFrame.Subscribe(3, partition, 6, 10, 0));
  }

  @Test
  void anEndedSubscriptionThatBroughtRecordsWaitsTheShortestTimeOnly() {
    active();
    for (int round = 1; round <= 5; round++) {
      link.acknowledge(partition, new FollowingEffect.Acknowledge(round, 10 + round, 0, 5));
      received(new LeaderFrame.Ended(6 + round, NOT_LEADER));
      subscribe(round + 1, 5, 10 + round);
      settled();
      nowMs += 10;
      assertThat(sent())
          .contains(new FollowerFrame.Subscribe(round + 1, partition, 5, 10 + round, 0));
      received(new LeaderFrame.Subscribed(round + 1, 7 + round, 10, 0));
      settled();
    }
  }

  @Test
  void positionsOfARunGoTogetherTheNewestOnly() {
    active();
    link.acknowledge(partition, new FollowingEffect.Acknowledge(1, 11, 10, 5));
    link.acknowledge(partition, new FollowingEffect.Acknowledge(1, 12, 11, 5));
    link.acknowledge(partition, new FollowingEffect.Acknowledge(99, 13, 13, 5));

    assertThat(sent())
        .containsExactly(
            new FollowerFrame.Positions(List.of(new FollowerFrame.Position(7, 12, 11, 5))));
    assertThat(sent()).isEmpty();
  }

  @Test
  void creditsGoBackInQuartersAndNotForAnOlderStream() {
    active();
    link.used(1, 249);
    assertThat(sent()).isEmpty();
    link.used(1, 1);
    assertThat(sent()).containsExactly(new FollowerFrame.Credits(250));

    link.used(99, 1_000);
    assertThat(sent()).isEmpty();
  }

  @Test
  void aLostStreamEndsAllSubscriptionsAndTheNextOneWaits() {
    active();

    link.lost(1, nowMs, effects);

    assertThat(settled())
        .containsExactly(tell(new FollowingEvent.SubscriptionEnded(1, Optional.empty())));
    subscribe(2, 5, 10);
    assertThat(settled()).isEmpty();
    assertThat(link.dueMs()).isEqualTo(10);
    nowMs = 10;
    assertThat(settled()).contains(new FollowerEffect.Connect(2));
    link.lost(2, nowMs, effects);
    subscribe(3, 5, 10);
    settled();
    assertThat(link.dueMs()).isEqualTo(30);
  }

  @Test
  void aBrokerThatHasMovedIsConnectedToAtOnce() {
    active();
    link.lost(1, nowMs, effects);
    subscribe(2, 5, 10);
    settled();

    link.reset(21, nowMs, effects);

    assertThat(settled())
        .contains(
            new FollowerEffect.Connect(2),
            new FollowerEffect.Send(2, new FollowerFrame.Open(2, 21, 1, 1_000, 500, false)));
  }

  /** The broker that refused it is another one now. */
  @Test
  void aPartitionThatWaitsBecauseItWasRefusedIsAskedForAtOnceWhenTheBrokerHasStartedAnew() {
    for (int attempt = 1; attempt <= 6; attempt++) {
      subscribe(attempt, 5, 10);
      nowMs = Math.max(nowMs, link.dueMs());
      settled();
      received(new LeaderFrame.Refused(attempt, NOT_LEADER));
    }
    subscribe(7, 5, 10);
    assertThat(sent()).isEmpty();

    link.reset(21, nowMs, effects);

    assertThat(sent()).contains(new FollowerFrame.Subscribe(1, partition, 5, 10, 0));
    received(new LeaderFrame.Refused(1, NOT_LEADER));
    subscribe(8, 5, 10);
    assertThat(link.dueMs()).isEqualTo(nowMs + RetryWait.FIRST_MS);
  }

  @Test
  void anIdleStreamSaysThatItLivesAndASilentOneIsEnded() {
    active();
    link.tick(500, effects);
    nowMs = 1_000;
    link.tick(nowMs, effects);
    assertThat(sent()).containsExactly(new FollowerFrame.Heartbeat());
    for (nowMs = 1_500; nowMs < 3_000; nowMs += 500) {
      link.tick(nowMs, effects);
    }
    settled();
    link.tick(nowMs, effects);

    assertThat(settled())
        .containsExactly(
            new FollowerEffect.Disconnect(1, "nothing was heard of the leader for 3000 ms"),
            tell(new FollowingEvent.SubscriptionEnded(1, Optional.empty())));
  }

  @Test
  void aStreamThatNothingIsFollowedOnEnds() {
    active();
    link.unsubscribe(partition, 1, nowMs, effects);
    settled();
    for (nowMs = 500; nowMs <= 10_000; nowMs += 500) {
      link.tick(nowMs, effects);
      received(new LeaderFrame.Heartbeat());
    }

    assertThat(settled()).contains(new FollowerEffect.Disconnect(1, "there is nothing to follow"));
  }

  @Test
  void aClosedLinkFollowsNobody() {
    active();
    link.close(nowMs, effects);
    assertThat(settled()).contains(new FollowerEffect.Disconnect(1, "the broker is shutting down"));

    subscribe(2, 5, 10);
    settled();
    nowMs = 5_000;

    assertThat(settled()).isEmpty();
    assertThat(link.dueMs()).isEqualTo(Long.MAX_VALUE);
  }
}
