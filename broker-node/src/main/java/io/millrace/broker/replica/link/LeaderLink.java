package io.millrace.broker.replica.link;

import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.broker.replica.link.LeaderLogs.LeaderLog;
import io.millrace.broker.replica.link.LeaderLogs.ReadOutcome;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * The leader's end of a Replicate stream: which partitions the follower has, what of them it was
 * sent, and what comes next. Confined to its stream's runs.
 *
 * <p>Partitions that have something take turns, one read each, in each log directory for itself: a
 * disk that hangs holds up its own partitions only. Records need credits; what has moved besides
 * does not, and goes out together.
 */
public final class LeaderLink {
  /** A follower this far behind the high watermark catches up apart from the others. */
  static final long FAR_BEHIND_BYTES = 32 << 20;

  /** One that has caught up to this is treated as the others again. */
  static final long NEARLY_CAUGHT_UP_BYTES = 4 << 20;

  private final int brokerId;
  private final int maxSubscriptions;
  private final LongFunction<? extends FollowerRef> refs;
  private final Throttle throttle;
  private final Liveness liveness;
  private final Map<Long, LeaderSubscription> subscriptions = new LinkedHashMap<>();

  /** Frames that go before any records. */
  private final Deque<LeaderFrame> control = new ArrayDeque<>();

  /** Frames of records; at most one of each directory. */
  private final Deque<LeaderFrame.Data> data = new ArrayDeque<>();

  private final LeaderTurns turns = new LeaderTurns();
  private final Map<Long, LeaderFrame.Watermark> moved = new LinkedHashMap<>();

  /** Who follows; empty before the first frame. */
  private Optional<FollowerFrame.Open> open = Optional.empty();

  private long lastAttempt;
  private long lastSubscription;
  private boolean ended;

  /**
   * A stream that was just opened.
   *
   * @param brokerId this broker
   * @param maxSubscriptions the most that the stream may have
   * @param refs makes a subscription's name in the events that the partition is told, of its number
   * @param nowMs the time
   */
  public LeaderLink(
      int brokerId, int maxSubscriptions, LongFunction<? extends FollowerRef> refs, long nowMs) {
    this(brokerId, maxSubscriptions, refs, Throttle.none(), nowMs);
  }

  /**
   * The same with a throttle.
   *
   * @param throttle holds up a stream whose follower catches up
   */
  public LeaderLink(
      int brokerId,
      int maxSubscriptions,
      LongFunction<? extends FollowerRef> refs,
      Throttle throttle,
      long nowMs) {
    this.throttle = throttle;
    this.brokerId = brokerId;
    this.maxSubscriptions = maxSubscriptions;
    this.refs = refs;
    this.liveness = new Liveness(nowMs);
  }

  /** How many subscriptions there are. */
  public int subscriptions() {
    return subscriptions.size();
  }

  /** When {@link #tick} is due. */
  public long dueMs() {
    return Math.min(liveness.dueMs(), turns.dueMs());
  }

  /** Whether the stream is for partitions that are far behind. */
  public boolean catchesUp() {
    return open.map(FollowerFrame.Open::catchesUp).orElse(false);
  }

  // ---- what the follower sends

  /** The follower has sent a frame. */
  public void received(FollowerFrame frame, long nowMs, List<LeaderEffect> effects) {
    if (ended) {
      return;
    }
    liveness.heard(nowMs);
    if (frame instanceof FollowerFrame.Open first) {
      open(first, effects);
    } else if (open.isEmpty()) {
      refuseStream("message: " + frame + " (expected: open first)", effects);
    } else if (frame instanceof FollowerFrame.Subscribe subscribe) {
      subscribe(open.get(), subscribe, effects);
    } else if (frame instanceof FollowerFrame.Unsubscribe unsubscribe) {
      Optional<LeaderSubscription> gone = remove(unsubscribe.subscription(), effects);
      gone.ifPresent(each -> effects.add(each.tell(new LeadingEvent.FollowerGone(each.ref()))));
    } else if (frame instanceof FollowerFrame.Positions positions) {
      positions.positions().forEach(each -> position(each, effects));
    } else if (frame instanceof FollowerFrame.Credits more) {
      addCredits(more.bytes(), effects);
    }
  }

  private void open(FollowerFrame.Open first, List<LeaderEffect> effects) {
    if (open.isPresent()) {
      refuseStream("message: open (expected: once, as the first)", effects);
    } else if (first.leaderId() != brokerId) {
      refuseStream("leader_id: " + first.leaderId() + " (expected: " + brokerId + ")", effects);
    } else if (first.creditBytes() < 1 || first.maxFrameBytes() < 1) {
      refuseStream(
          "credit_bytes, max_frame_bytes: %d, %d (expected: >= 1)"
              .formatted(first.creditBytes(), first.maxFrameBytes()),
          effects);
    } else {
      open = Optional.of(first);
      turns.open(first, first.catchesUp() ? Optional.of(throttle) : Optional.empty());
    }
  }

  private void subscribe(
      FollowerFrame.Open follower, FollowerFrame.Subscribe asked, List<LeaderEffect> effects) {
    if (asked.attempt() <= lastAttempt) {
      refuseStream("attempt: %d (expected: > %d)".formatted(asked.attempt(), lastAttempt), effects);
      return;
    }
    lastAttempt = asked.attempt();
    if (subscriptions.size() >= maxSubscriptions) {
      MillraceError tooMany =
          new MillraceError(
              ErrorCode.THROTTLED,
              "subscriptions of the stream: " + maxSubscriptions + " (expected: fewer)");
      control.add(new LeaderFrame.Refused(asked.attempt(), tooMany));
      return;
    }
    long number = ++lastSubscription;
    LeaderSubscription subscription = new LeaderSubscription(number, asked, refs.apply(number));
    subscriptions.put(number, subscription);
    effects.add(
        subscription.tell(
            new LeadingEvent.FollowerSubscribes(
                subscription.ref(),
                follower.followerId(),
                follower.followerEpoch(),
                asked.leaderEpoch(),
                asked.position(),
                asked.lastEpoch())));
  }

  private void position(FollowerFrame.Position at, List<LeaderEffect> effects) {
    LeaderSubscription subscription = subscriptions.get(at.subscription());
    if (subscription == null) {
      return;
    }
    if (at.appended() > subscription.sentUpTo() || at.durable() > at.appended()) {
      refuseStream(
          "appended, durable: %d, %d (expected: durable <= appended <= %d, what was sent)"
              .formatted(at.appended(), at.durable(), subscription.sentUpTo()),
          effects);
      return;
    }
    effects.add(
        subscription.tell(
            new LeadingEvent.FollowerAcknowledged(
                subscription.ref(), at.appended(), at.durable(), at.logStart())));
  }

  private void addCredits(long bytes, List<LeaderEffect> effects) {
    if (bytes < 1) {
      refuseStream("bytes: " + bytes + " (expected: >= 1)", effects);
      return;
    }
    turns.addCredits(bytes);
  }

  private void refuseStream(String what, List<LeaderEffect> effects) {
    endStream(new MillraceError(ErrorCode.INVALID_REQUEST, what), effects);
  }

  private void endStream(MillraceError why, List<LeaderEffect> effects) {
    close(effects);
    effects.add(new LeaderEffect.EndStream(why));
  }

  // ---- what the partitions say

  /** The partition has answered {@link LeadingEvent.FollowerSubscribes}. */
  public void answered(long number, SubscribeAnswer answer, List<LeaderEffect> effects) {
    LeaderSubscription subscription = subscriptions.get(number);
    if (subscription == null) {
      return;
    }
    long attempt = subscription.attempt();
    if (answer instanceof SubscribeAnswer.Accepted accepted) {
      subscription.accepted(accepted.highWatermark(), accepted.logStartOffset());
      control.add(
          new LeaderFrame.Subscribed(
              attempt, number, accepted.highWatermark(), accepted.logStartOffset()));
      effects.add(new LeaderEffect.Watch(number, subscription.partition()));
      turns.queue(subscription);
      return;
    }
    subscriptions.remove(number);
    subscription.end();
    if (answer instanceof SubscribeAnswer.Diverged diverged) {
      control.add(new LeaderFrame.Diverged(attempt, diverged.epoch(), diverged.endOffset()));
    } else if (answer instanceof SubscribeAnswer.StartAt start) {
      control.add(new LeaderFrame.StartAt(attempt, start.offset()));
    } else if (answer instanceof SubscribeAnswer.Refused refused) {
      control.add(new LeaderFrame.Refused(attempt, refused.error()));
    }
  }

  /** The partition has ended the subscription. */
  public void ended(long number, MillraceError why, List<LeaderEffect> effects) {
    remove(number, effects).ifPresent(gone -> control.add(gone.ended(why)));
  }

  /** There may be something to send of the partition. */
  public void advanced(long number) {
    LeaderSubscription subscription = subscriptions.get(number);
    if (subscription != null && subscription.isAccepted()) {
      turns.queue(subscription);
    }
  }

  private Optional<LeaderSubscription> remove(long number, List<LeaderEffect> effects) {
    LeaderSubscription gone = subscriptions.remove(number);
    if (gone == null) {
      return Optional.empty();
    }
    gone.end();
    moved.remove(number);
    if (gone.isAccepted()) {
      effects.add(new LeaderEffect.Unwatch(number));
    }
    return Optional.of(gone);
  }

  // ---- what goes out

  /**
   * The next frame to send, if there is one; to be asked as long as the stream takes more. What is
   * to be read for later frames comes as {@link LeaderEffect.Read}; nothing is read here.
   *
   * @param logs where the records are
   */
  public Optional<LeaderFrame> next(LeaderLogs logs, long nowMs, List<LeaderEffect> effects) {
    Optional<LeaderFrame> frame = nextFrame(logs, nowMs, effects);
    frame.ifPresent(each -> liveness.sent(nowMs));
    return frame;
  }

  private Optional<LeaderFrame> nextFrame(LeaderLogs logs, long nowMs, List<LeaderEffect> effects) {
    if (ended) {
      return Optional.empty();
    }
    if (!control.isEmpty()) {
      return Optional.of(control.remove());
    }
    if (!data.isEmpty()) {
      return Optional.of(data.remove());
    }
    lookAtAll(logs, effects);
    for (LeaderRead read : turns.begin(nowMs)) {
      effects.add(new LeaderEffect.Read(read));
    }
    // Those that could not be read of now.
    lookAtAll(logs, effects);
    if (!moved.isEmpty()) {
      List<LeaderFrame.Watermark> all = List.copyOf(moved.values());
      moved.clear();
      return Optional.of(new LeaderFrame.Watermarks(all));
    }
    return Optional.ofNullable(control.poll());
  }

  private void lookAtAll(LeaderLogs logs, List<LeaderEffect> effects) {
    for (Optional<LeaderSubscription> each = turns.next(); each.isPresent(); each = turns.next()) {
      LeaderSubscription subscription = each.get();
      logs.at(subscription.partition(), subscription.leaderEpoch())
          .ifPresent(log -> look(subscription, log, effects));
    }
  }

  /** One partition's turn: its records are read if there are credits. */
  private void look(LeaderSubscription subscription, LeaderLog log, List<LeaderEffect> effects) {
    long from = subscription.sentUpTo();
    if (from < log.logStart() || from > log.logEnd()) {
      give(subscription, subscription.ended(outOfRange(from, log)), effects);
      return;
    }
    if (movesOver(from, log)) {
      give(subscription, new LeaderFrame.MovesOver(subscription.number()), effects);
      return;
    }
    if (from < log.logEnd() && turns.hasCredits()) {
      turns.read(subscription, log.directory());
      return;
    }
    if (from < log.logEnd()) {
      turns.starve(subscription);
    }
    if (subscription.tells(log.highWatermark(), log.logStart())) {
      moved.put(
          subscription.number(),
          new LeaderFrame.Watermark(subscription.number(), log.highWatermark(), log.logStart()));
    }
  }

  /**
   * Whether a follower belongs on the other stream. One that is in sync never stays on the
   * throttled one, and none gets in sync there: it leaves before it has reached the high watermark
   * (unless a single batch is larger than the distance), and what it acknowledges of an ended
   * subscription does not count.
   */
  private boolean movesOver(long from, LeaderLog log) {
    long behind = log.highWatermark() - from;
    double behindBytes =
        behind <= 0 ? 0 : (double) behind * log.sizeInBytes() / (log.logEnd() - log.logStart());
    int followerId = open.orElseThrow().followerId();
    return catchesUp()
        ? behindBytes <= NEARLY_CAUGHT_UP_BYTES || log.inSync(followerId)
        : behindBytes > FAR_BEHIND_BYTES && !log.inSync(followerId);
  }

  /**
   * A read has been carried out, or has thrown. {@link #next} gives what it brought, unless the
   * stream has ended meanwhile.
   */
  public void read(LeaderRead read, List<LeaderEffect> effects) {
    if (ended) {
      read.records().forEach(each -> effects.add(new LeaderEffect.Drop(each)));
      return;
    }
    List<LeaderFrame.DataPart> parts = new ArrayList<>();
    long bytes = 0;
    for (LeaderRead.Part part : read.parts()) {
      LeaderSubscription subscription = part.turn().subscription();
      if (part.outcome() instanceof ReadOutcome.Batches batches) {
        if (subscription.isOver()) {
          effects.add(new LeaderEffect.Drop(batches.records()));
        } else {
          parts.add(part(subscription, part.log(), batches));
          bytes += batches.records().bytes();
        }
      } else if (part.outcome() instanceof ReadOutcome.Failed failed && !subscription.isOver()) {
        give(subscription, subscription.ended(failed.why()), effects);
      }
    }
    turns.ended(read, bytes);
    if (!parts.isEmpty()) {
      data.add(new LeaderFrame.Data(parts));
    }
  }

  private LeaderFrame.DataPart part(
      LeaderSubscription subscription, LeaderLog log, ReadOutcome.Batches batches) {
    long before = subscription.sentUpTo();
    subscription.sent(batches.nextOffset());
    subscription.tells(log.highWatermark(), log.logStart());
    moved.remove(subscription.number());
    return new LeaderFrame.DataPart(
        subscription.number(), before, log.highWatermark(), log.logStart(), batches.records());
  }

  /** Ends a subscription that can't go on; the partition is told. */
  private void give(LeaderSubscription subscription, LeaderFrame last, List<LeaderEffect> effects) {
    remove(subscription.number(), effects);
    effects.add(subscription.tell(new LeadingEvent.FollowerGone(subscription.ref())));
    control.add(last);
  }

  private static MillraceError outOfRange(long position, LeaderLog log) {
    return new MillraceError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        "position: %d (expected: [%d, %d])".formatted(position, log.logStart(), log.logEnd()));
  }

  // ---- time and end

  /** Time passed: {@link #dueMs} has come, or not. */
  public void tick(long nowMs, List<LeaderEffect> effects) {
    if (ended) {
      return;
    }
    liveness.look(nowMs);
    turns.tick(nowMs);
    if (liveness.silent(nowMs)) {
      endStream(
          new MillraceError(
              ErrorCode.UNAVAILABLE,
              "nothing was heard of the follower for " + Liveness.SILENCE_MS + " ms"),
          effects);
    } else if (liveness.heartbeatDue(nowMs) && control.isEmpty()) {
      control.add(new LeaderFrame.Heartbeat());
    }
  }

  /** The stream is gone: every subscription has ended. */
  public void close(List<LeaderEffect> effects) {
    ended = true;
    for (LeaderSubscription each : List.copyOf(subscriptions.values())) {
      remove(each.number(), effects);
      effects.add(each.tell(new LeadingEvent.FollowerGone(each.ref())));
    }
    for (LeaderFrame.Data frame : data) {
      frame.parts().forEach(part -> effects.add(new LeaderEffect.Drop(part.records())));
    }
    data.clear();
    control.clear();
    turns.clear();
  }
}
