package io.millrace.broker.replica.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LeaderLinkTest {
  private static final int BATCH = 100;
  private static final UUID TOPIC = new UUID(1, 1);
  private static final UUID HUNG = new UUID(6, 6);

  private record Ref(long number) implements FollowerRef {}

  private final List<LeaderEffect> effects = new ArrayList<>();
  private final Map<TopicIdPartition, FakeLog> logs = new HashMap<>();
  private final LeaderLink link = new LeaderLink(1, 10, Ref::new, 0);
  private final Set<UUID> hanging = new HashSet<>();
  private long nowMs;

  private static TopicIdPartition partition(int number) {
    return new TopicIdPartition(TOPIC, number);
  }

  private FakeLog log(int partition) {
    return logs.computeIfAbsent(partition(partition), id -> new FakeLog(BATCH));
  }

  private void received(FollowerFrame frame) {
    link.received(frame, nowMs, effects);
  }

  private void open(long credits, int maxFrameBytes) {
    received(new FollowerFrame.Open(2, 20, 1, credits, maxFrameBytes, false));
  }

  private Optional<LeaderLogs.LeaderLog> find(TopicIdPartition partition, int epoch) {
    return Optional.ofNullable(logs.get(partition))
        .filter(log -> log.leaderEpoch.equals(Optional.of(epoch)))
        .map(log -> log);
  }

  /** The next frame; what is to be read for it is, unless the disk hangs. */
  private Optional<LeaderFrame> next() {
    Optional<LeaderFrame> frame = link.next(this::find, nowMs, effects);
    while (frame.isEmpty() && readOne()) {
      frame = link.next(this::find, nowMs, effects);
    }
    return frame;
  }

  private boolean readOne() {
    Optional<LeaderRead> read = reads().stream().filter(each -> !hung(each)).findFirst();
    read.ifPresent(this::carryOut);
    return read.isPresent();
  }

  private boolean hung(LeaderRead read) {
    return hanging.contains(read.directory());
  }

  private List<LeaderRead> reads() {
    return effects.stream()
        .filter(LeaderEffect.Read.class::isInstance)
        .map(effect -> ((LeaderEffect.Read) effect).read())
        .toList();
  }

  private void carryOut(LeaderRead read) {
    effects.remove(new LeaderEffect.Read(read));
    read.carryOut(this::find);
    link.read(read, effects);
  }

  private List<ReplicaRecords> dropped() {
    return effects.stream()
        .filter(LeaderEffect.Drop.class::isInstance)
        .map(effect -> ((LeaderEffect.Drop) effect).records())
        .toList();
  }

  private List<LeaderFrame> all() {
    List<LeaderFrame> frames = new ArrayList<>();
    for (Optional<LeaderFrame> frame = next(); frame.isPresent(); frame = next()) {
      frames.add(frame.get());
    }
    return frames;
  }

  /** Subscribes and takes the first frame; the attempt has the subscription's number. */
  private void subscribe(int number, int partition, long position) {
    received(new FollowerFrame.Subscribe(number, partition(partition), 1, position, 0));
    effects.removeIf(effect -> !(effect instanceof LeaderEffect.Read));
    FakeLog log = log(partition);
    link.answered(number, new SubscribeAnswer.Accepted(log.highWatermark, log.logStart), effects);
    assertThat(next())
        .contains(new LeaderFrame.Subscribed(number, number, log.highWatermark, log.logStart));
  }

  private static List<String> data(List<LeaderFrame> frames) {
    List<String> parts = new ArrayList<>();
    for (LeaderFrame frame : frames) {
      if (frame instanceof LeaderFrame.Data data) {
        for (LeaderFrame.DataPart part : data.parts()) {
          FakeRecords records = (FakeRecords) part.records();
          assertThat(part.prevEndOffset()).isEqualTo(records.first());
          parts.add(part.subscription() + ":" + records.first() + "-" + records.next());
        }
      }
    }
    return parts;
  }

  private Optional<MillraceError> endOfStream() {
    return effects.stream()
        .filter(LeaderEffect.EndStream.class::isInstance)
        .map(effect -> ((LeaderEffect.EndStream) effect).why())
        .findFirst();
  }

  @Test
  void subscriptionIsPutToThePartitionWithTheFollowersBrokerEpoch() {
    open(1_000, 1_000);

    received(new FollowerFrame.Subscribe(7, partition(3), 1, 5, 0));

    assertThat(effects)
        .containsExactly(
            new LeaderEffect.Tell(
                1, partition(3), new LeadingEvent.FollowerSubscribes(new Ref(1), 2, 20, 1, 5, 0)));
  }

  @Test
  void batchThatIsLargerThanAFrameHasOneOfItsOwn() {
    logs.put(partition(2), new FakeLog(50 * BATCH));
    open(1_000 * BATCH, 10 * BATCH);
    subscribe(1, 1, 0);
    subscribe(2, 2, 0);
    subscribe(3, 3, 0);
    all();
    for (int partition = 1; partition <= 3; partition++) {
      log(partition).append(1);
      link.advanced(partition);
    }

    List<LeaderFrame> frames = all();

    assertThat(frames).filteredOn(LeaderFrame.Data.class::isInstance).hasSize(3);
    assertThat(data(frames)).containsExactly("1:0-1", "2:0-1", "3:0-1");
  }

  @Test
  void everyAnswerNamesItsAttempt() {
    open(1_000, 1_000);
    MillraceError error = new MillraceError(ErrorCode.NOT_LEADER, "not here");
    for (int attempt = 1; attempt <= 3; attempt++) {
      received(new FollowerFrame.Subscribe(attempt, partition(attempt), 1, 0, -1));
    }

    link.answered(1, new SubscribeAnswer.Diverged(4, 44), effects);
    link.answered(2, new SubscribeAnswer.StartAt(9), effects);
    link.answered(3, new SubscribeAnswer.Refused(error), effects);

    assertThat(all())
        .containsExactly(
            new LeaderFrame.Diverged(1, 4, 44),
            new LeaderFrame.StartAt(2, 9),
            new LeaderFrame.Refused(3, error));
    assertThat(link.subscriptions()).isZero();
  }

  @Test
  void recordsAreSentUpToTheLogEndNotTheHighWatermark() {
    open(10_000, 10_000);
    log(0).append(5).highWatermark = 2;
    subscribe(1, 0, 1);

    assertThat(data(all())).containsExactly("1:1-5");
  }

  @Test
  void aHighWatermarkThatGoesWithRecordsIsNotToldAgain() {
    open(10_000, 10_000);
    subscribe(1, 0, 0);
    log(0).append(2).highWatermark = 1;
    link.advanced(1);

    List<LeaderFrame> frames = all();

    assertThat(data(frames)).containsExactly("1:0-2");
    assertThat(frames).hasSize(1);
  }

  @Test
  void partitionsTakeTurnsInOneFrame() {
    open(100_000, 3 * BATCH);
    log(0).append(100);
    log(1).append(1);
    log(2).append(1);
    subscribe(1, 0, 0);
    subscribe(2, 1, 0);
    subscribe(3, 2, 0);

    log(0).logEnd = 103;
    assertThat(data(List.of(next().orElseThrow()))).containsExactly("1:0-3");
    assertThat(data(List.of(next().orElseThrow()))).containsExactly("2:0-1", "3:0-1", "1:3-4");
  }

  @Test
  void nothingIsSentWithoutCreditsButWhatHasMoved() {
    open(2 * BATCH, 10_000);
    log(0).append(5);
    subscribe(1, 0, 0);
    assertThat(data(all())).containsExactly("1:0-2");

    log(0).highWatermark = 2;
    link.advanced(1);
    assertThat(all())
        .containsExactly(new LeaderFrame.Watermarks(List.of(new LeaderFrame.Watermark(1, 2, 0))));

    received(new FollowerFrame.Credits(BATCH));
    assertThat(data(all())).containsExactly("1:2-3");
  }

  @Test
  void aBatchLargerThanTheCreditsGoesAndIsPaidBeforeTheNext() {
    open(1, 10_000);
    log(0).append(2);
    subscribe(1, 0, 0);
    assertThat(data(all())).containsExactly("1:0-1");

    received(new FollowerFrame.Credits(BATCH - 1));
    assertThat(data(all())).isEmpty();
    received(new FollowerFrame.Credits(1));
    assertThat(data(all())).containsExactly("1:1-2");
  }

  @Test
  void highWatermarkGoesOnItsOwnWhenThereAreNoRecords() {
    open(10_000, 10_000);
    log(0).append(1);
    log(1).append(1);
    subscribe(1, 0, 1);
    subscribe(2, 1, 1);
    assertThat(all()).isEmpty();

    log(0).highWatermark = 1;
    log(1).highWatermark = 1;
    link.advanced(1);
    link.advanced(2);

    assertThat(all())
        .containsExactly(
            new LeaderFrame.Watermarks(
                List.of(new LeaderFrame.Watermark(1, 1, 0), new LeaderFrame.Watermark(2, 1, 0))));
  }

  @Test
  void positionsReachThePartitionAsAcknowledgements() {
    open(10_000, 10_000);
    log(0).append(3);
    subscribe(1, 0, 0);
    all();

    received(
        new FollowerFrame.Positions(
            List.of(
                new FollowerFrame.Position(1, 3, 2, 1), new FollowerFrame.Position(99, 1, 1, 1))));

    assertThat(effects)
        .contains(
            new LeaderEffect.Tell(
                1, partition(0), new LeadingEvent.FollowerAcknowledged(new Ref(1), 3, 2, 1)));
    assertThat(endOfStream()).isEmpty();
  }

  @Test
  void acknowledgingWhatWasNotSentEndsTheStream() {
    open(10_000, 10_000);
    log(0).append(3);
    subscribe(1, 0, 0);
    all();
    effects.clear();

    received(new FollowerFrame.Positions(List.of(new FollowerFrame.Position(1, 4, 4, 1))));

    assertThat(effects)
        .contains(
            new LeaderEffect.Tell(1, partition(0), new LeadingEvent.FollowerGone(new Ref(1))));
    assertThat(endOfStream().orElseThrow().code()).isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  @Test
  void anEndedSubscriptionTellsTheFollowerAndSendsNothingMore() {
    open(10_000, 10_000);
    log(0).append(3);
    subscribe(1, 0, 0);
    MillraceError why = new MillraceError(ErrorCode.FENCED_LEADER_EPOCH, "epoch 2 has begun");

    link.ended(1, why, effects);

    assertThat(all()).containsExactly(new LeaderFrame.Ended(1, why));
    assertThat(effects).contains(new LeaderEffect.Unwatch(1));
    link.advanced(1);
    assertThat(all()).isEmpty();
  }

  @Test
  void nothingIsReadOfAnotherEpoch() {
    open(10_000, 10_000);
    log(0).append(3);
    subscribe(1, 0, 0);

    log(0).leaderEpoch = Optional.of(2);

    assertThat(all()).isEmpty();
  }

  @Test
  void aCorruptBatchEndsTheSubscriptionInsteadOfBeingSent() {
    open(10_000, 10_000);
    log(0).append(3).corrupt = true;
    subscribe(1, 0, 0);

    LeaderFrame frame = next().orElseThrow();

    assertThat(((LeaderFrame.Ended) frame).error().code()).isEqualTo(ErrorCode.CORRUPT_BATCH);
    assertThat(effects)
        .contains(
            new LeaderEffect.Tell(1, partition(0), new LeadingEvent.FollowerGone(new Ref(1))));
  }

  @Test
  void aPositionThatRetentionHasPassedEndsTheSubscription() {
    open(10_000, 10_000);
    log(0).append(9);
    subscribe(1, 0, 2);

    log(0).logStart = 5;

    assertThat(((LeaderFrame.Ended) next().orElseThrow()).error().code())
        .isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
  }

  @Test
  void anIdleStreamSaysThatItLivesAndASilentOneEnds() {
    open(10_000, 10_000);
    subscribe(1, 0, 0);
    for (nowMs = 500; nowMs <= 1_000; nowMs += 500) {
      link.tick(nowMs, effects);
    }
    nowMs = 1_000;
    assertThat(all()).containsExactly(new LeaderFrame.Heartbeat());

    for (nowMs = 1_500; nowMs <= 3_000; nowMs += 500) {
      link.tick(nowMs, effects);
    }
    assertThat(endOfStream().orElseThrow().message()).contains("nothing was heard");
    assertThat(effects)
        .contains(
            new LeaderEffect.Tell(1, partition(0), new LeadingEvent.FollowerGone(new Ref(1))));
  }

  @Test
  void aPauseOfItsOwnIsNotHeldAgainstTheFollower() {
    open(10_000, 10_000);
    link.tick(500, effects);

    link.tick(60_000, effects);

    assertThat(endOfStream()).isEmpty();
  }

  @Test
  void theStreamBeginsWithOpenAndIsMeantForThisBroker() {
    received(new FollowerFrame.Heartbeat());
    assertThat(endOfStream().orElseThrow().message()).contains("open first");

    effects.clear();
    LeaderLink other = new LeaderLink(3, 10, Ref::new, 0);
    other.received(new FollowerFrame.Open(2, 20, 1, 1, 1, false), 0, effects);
    assertThat(endOfStream().orElseThrow().message()).isEqualTo("leader_id: 1 (expected: 3)");
  }

  @Test
  void moreSubscriptionsThanTheBoundAreRefused() {
    open(10_000, 10_000);
    for (int i = 1; i <= 11; i++) {
      received(new FollowerFrame.Subscribe(i, partition(i), 1, 0, -1));
    }

    LeaderFrame.Refused refused = (LeaderFrame.Refused) next().orElseThrow();
    assertThat(refused.attempt()).isEqualTo(11);
    assertThat(refused.error().code()).isEqualTo(ErrorCode.THROTTLED);
  }

  /** Partition 1 lies on a disk of its own that hangs, with a read of it under way. */
  private void hangPartition1() {
    open(100_000, 10_000);
    log(1).append(3).directory = HUNG;
    subscribe(1, 0, 0);
    subscribe(2, 1, 0);
    hanging.add(HUNG);
    assertThat(all()).isEmpty();
    assertThat(reads()).hasSize(1);
  }

  @Test
  void aDiskThatHangsHoldsUpItsOwnPartitionsOnly() {
    hangPartition1();
    log(0).append(2).highWatermark = 1;
    link.advanced(1);
    assertThat(data(all())).containsExactly("1:0-2");

    received(new FollowerFrame.Positions(List.of(new FollowerFrame.Position(1, 2, 2, 1))));
    assertThat(effects)
        .contains(
            new LeaderEffect.Tell(
                1, partition(0), new LeadingEvent.FollowerAcknowledged(new Ref(1), 2, 2, 1)));
    log(0).highWatermark = 2;
    link.advanced(1);
    assertThat(all())
        .containsExactly(new LeaderFrame.Watermarks(List.of(new LeaderFrame.Watermark(1, 2, 0))));
    nowMs = 1_000;
    link.tick(nowMs, effects);
    assertThat(all()).containsExactly(new LeaderFrame.Heartbeat());

    hanging.clear();
    assertThat(data(all())).containsExactly("2:0-3");
  }

  @Test
  void aDirectoryHasOneReadUnderWayAtTheMost() {
    hangPartition1();
    log(2).append(1).directory = HUNG;
    subscribe(3, 2, 0);
    log(1).append(1);
    link.advanced(2);

    assertThat(all()).isEmpty();
    assertThat(reads()).hasSize(1);

    hanging.clear();
    assertThat(data(all())).containsExactly("2:0-4", "3:0-1");
  }

  @Test
  void whatAHungReadMayBringIsKeptOfTheCredits() {
    open(3 * BATCH, 2 * BATCH);
    log(1).append(5).directory = HUNG;
    log(0).append(5);
    subscribe(1, 1, 0);
    hanging.add(HUNG);
    assertThat(all()).isEmpty();
    subscribe(2, 0, 0);

    assertThat(data(all())).containsExactly("2:0-1");
    hanging.clear();
    assertThat(data(all())).containsExactly("1:0-2");
  }

  @Test
  void whatWasReadForASubscriptionThatEndedMeanwhileIsFreedAndCostsNothing() {
    open(2 * BATCH, 2 * BATCH);
    log(0).append(2);
    log(1).append(2);
    subscribe(1, 0, 0);
    assertThat(link.next(this::find, nowMs, effects)).isEmpty();
    LeaderRead read = reads().get(0);
    read.carryOut(this::find);
    received(new FollowerFrame.Unsubscribe(1));
    effects.clear();

    link.read(read, effects);

    assertThat(dropped()).containsExactly(new FakeRecords(0, 2, 2 * BATCH));
    subscribe(2, 1, 0);
    assertThat(data(all())).containsExactly("2:0-2");
  }

  @Test
  void whatWasReadBeforeAReadThatThrowsIsFreed() {
    open(10_000, 10_000);
    log(0).append(2);
    log(1).append(2).breaks = true;
    subscribe(1, 0, 0);
    subscribe(2, 1, 0);
    assertThat(link.next(this::find, nowMs, effects)).isEmpty();
    LeaderRead read = reads().get(0);
    assertThatThrownBy(() -> read.carryOut(this::find)).isInstanceOf(IllegalStateException.class);
    link.close(effects);
    assertThat(dropped()).isEmpty();

    link.read(read, effects);

    assertThat(dropped()).containsExactly(new FakeRecords(0, 2, 2 * BATCH));
  }

  @Test
  void whatWasReadAndNotSentBeforeTheEndIsFreed() {
    open(10_000, 10_000);
    log(0).append(2);
    subscribe(1, 0, 0);
    assertThat(link.next(this::find, nowMs, effects)).isEmpty();
    carryOut(reads().get(0));
    assertThat(dropped()).isEmpty();

    link.close(effects);

    assertThat(dropped()).containsExactly(new FakeRecords(0, 2, 2 * BATCH));
  }
}
