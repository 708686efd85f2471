package io.millrace.broker.replica.link;

import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.broker.replica.link.FollowerPartition.State;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * The follower's end of the Replicate streams to one leader's broker, one stream after the other:
 * connects while a partition wants to follow, subscribes, hands out what comes, and tells how far
 * the partitions are. Confined to its driver, which calls {@link #settle} after each run of calls.
 *
 * <p>A partition's attempt is answered once here: accepted, diverged, begun anew or ended. Whatever
 * comes later of it, of an older stream or of a subscription that is over is dropped.
 */
public final class FollowerLink {
  /** Credits go back in pieces of a quarter: often enough that the leader never runs dry. */
  private static final int CREDIT_PIECES = 4;

  /** How long what is known of a partition's failures outlives its last attempt. */
  private static final long FORGET_MS = 10_000;

  private static final long NO_STREAM = 0;

  private final Settings settings;
  private final Kind kind;
  private long brokerEpoch;

  /** Holds up the giving back of credits. */
  private Optional<Throttle> throttle = Optional.empty();

  /** Not before this time are credits given back. */
  private long throttledUntilMs;

  /** The stream that is open, or {@link #NO_STREAM}; numbers are never used twice. */
  private long stream = NO_STREAM;

  private long lastStream;
  private Liveness liveness;
  private final RetryWait connecting = new RetryWait();

  /** Not before this time is another stream opened. */
  private long connectAtMs;

  private long lastAttempt;
  private final Map<TopicIdPartition, FollowerPartition> partitions = new HashMap<>();

  /** Those that wait, with what they wanted then; a newer wish makes an entry void. */
  private final PriorityQueue<Wish> waiting =
      new PriorityQueue<>(Comparator.comparingLong(Wish::dueMs).thenComparing(Wish::order));

  private long wishes;

  /** By the number of the attempt on the stream. */
  private final Map<Long, FollowerPartition> asked = new HashMap<>();

  /** Attempts whose answer nobody wants any more. */
  private final Set<Long> abandoned = new HashSet<>();

  /** By the number of the subscription. */
  private final Map<Long, FollowerPartition> active = new HashMap<>();

  /** To be told at the end of the run. */
  private final Map<Long, FollowerFrame.Position> positions = new LinkedHashMap<>();

  private boolean closed;

  /** Bytes of this stream that are used up and not given back. */
  private long spent;

  /**
   * Which of a leader's streams it makes.
   *
   * @param catchesUp whether for partitions that are far behind
   * @param first the first stream's number
   * @param step from one number to the next
   */
  record Kind(boolean catchesUp, long first, long step) {}

  private record Wish(FollowerPartition partition, long attempt, long dueMs, long order) {}

  /**
   * How the link works.
   *
   * @param brokerId this broker
   * @param leaderId the other one
   * @param creditBytes bytes of records that may be under way
   * @param maxFrameBytes the most bytes of records in one frame, but for a single larger batch
   */
  public record Settings(int brokerId, int leaderId, long creditBytes, int maxFrameBytes) {
    public Settings {
      if (creditBytes < 1 || maxFrameBytes < 1) {
        throw new IllegalArgumentException(
            "creditBytes, maxFrameBytes: %d, %d (expected: >= 1)"
                .formatted(creditBytes, maxFrameBytes));
      }
    }
  }

  /**
   * A link without a stream.
   *
   * @param brokerEpoch this broker's registration
   */
  public FollowerLink(Settings settings, long brokerEpoch, long nowMs) {
    this(settings, brokerEpoch, new Kind(false, 1, 1), nowMs);
  }

  FollowerLink(Settings settings, long brokerEpoch, Kind kind, long nowMs) {
    this.settings = settings;
    this.kind = kind;
    this.lastStream = kind.first() - kind.step();
    this.brokerEpoch = brokerEpoch;
    this.liveness = new Liveness(nowMs);
    this.connectAtMs = nowMs;
  }

  /** From now on a throttle says when credits go back. */
  FollowerLink throttled(Throttle by) {
    throttle = Optional.of(by);
    return this;
  }

  /** The partition of a subscription of the stream that is open. */
  Optional<TopicIdPartition> subscribed(long of, long subscription) {
    return Optional.ofNullable(of == stream ? active.get(subscription) : null)
        .map(FollowerPartition::id);
  }

  /** The stream that is open; 0 if none is. */
  public long stream() {
    return stream;
  }

  /** The subscriptions that the leader has accepted. */
  public int subscriptions() {
    return active.size();
  }

  // ---- what the partitions want

  /** A partition wants to follow. */
  public void subscribe(
      TopicIdPartition id,
      FollowingEffect.Subscribe wanted,
      long nowMs,
      List<FollowerEffect> effects) {
    if (closed) {
      return;
    }
    FollowerPartition partition =
        partitions.computeIfAbsent(id, absent -> new FollowerPartition(id, wanted));
    if (partition.state() != State.IDLE) {
      giveUp(partition, nowMs, effects);
    }
    partition.want(wanted, nowMs);
    waiting.add(new Wish(partition, wanted.attempt(), partition.dueMs(), wishes++));
  }

  /** A partition gives an attempt up. */
  public void unsubscribe(
      TopicIdPartition id, long attempt, long nowMs, List<FollowerEffect> effects) {
    FollowerPartition partition = partitions.get(id);
    if (partition != null && partition.attempt() == attempt) {
      giveUp(partition, nowMs, effects);
    }
  }

  private void giveUp(FollowerPartition partition, long nowMs, List<FollowerEffect> effects) {
    switch (partition.state()) {
      case ASKED -> {
        asked.remove(partition.number());
        abandoned.add(partition.number());
        partition.failed(nowMs);
      }
      case ACTIVE -> {
        endActive(partition);
        send(new FollowerFrame.Unsubscribe(partition.number()), nowMs, effects);
        partition.failed(nowMs);
      }
      case WAITING -> partition.idle(nowMs);
      case IDLE -> {}
    }
  }

  private void endActive(FollowerPartition partition) {
    active.remove(partition.number());
    positions.remove(partition.number());
  }

  /** A partition tells how far it is; the leader is told at the end of the run. */
  public void acknowledge(TopicIdPartition id, FollowingEffect.Acknowledge at) {
    FollowerPartition partition = partitions.get(id);
    if (partition != null
        && partition.state() == State.ACTIVE
        && partition.attempt() == at.attempt()) {
      partition.acknowledged(at.appended());
      positions.put(
          partition.number(),
          new FollowerFrame.Position(
              partition.number(), at.appended(), at.durable(), at.logStart()));
    }
  }

  /**
   * Records are used up: appended, or dropped.
   *
   * @param of the stream that they came on
   */
  public void used(long of, int bytes) {
    if (of == stream) {
      spent += bytes;
    }
  }

  // ---- what comes of the stream

  /**
   * The leader has sent a frame.
   *
   * @param of the stream that it came on
   */
  public void received(long of, LeaderFrame frame, long nowMs, List<FollowerEffect> effects) {
    if (of != stream) {
      drop(frame, effects);
      return;
    }
    liveness.heard(nowMs);
    connecting.succeeded();
    if (frame instanceof LeaderFrame.Data data) {
      data.parts().forEach(part -> records(part, effects));
    } else if (frame instanceof LeaderFrame.Watermarks moved) {
      moved.watermarks().forEach(each -> moved(each, effects));
    } else if (frame instanceof LeaderFrame.Subscribed answer) {
      subscribed(answer, nowMs, effects);
    } else if (frame instanceof LeaderFrame.Diverged answer) {
      answered(answer.attempt())
          .ifPresent(
              partition -> {
                partition.answered(nowMs);
                tell(
                    partition,
                    new FollowingEvent.Diverged(
                        partition.attempt(), answer.epoch(), answer.endOffset()),
                    effects);
              });
    } else if (frame instanceof LeaderFrame.StartAt answer) {
      answered(answer.attempt())
          .ifPresent(
              partition -> {
                partition.answered(nowMs);
                tell(
                    partition,
                    new FollowingEvent.StartAt(partition.attempt(), answer.offset()),
                    effects);
              });
    } else if (frame instanceof LeaderFrame.Refused answer) {
      answered(answer.attempt())
          .ifPresent(partition -> failed(partition, Optional.of(answer.error()), nowMs, effects));
    } else if (frame instanceof LeaderFrame.MovesOver moves) {
      FollowerPartition partition = active.get(moves.subscription());
      if (partition != null) {
        endActive(partition);
        partition.answered(nowMs);
        tell(
            partition,
            new FollowingEvent.SubscriptionEnded(partition.attempt(), Optional.empty()),
            effects);
      }
    } else if (frame instanceof LeaderFrame.Ended end) {
      FollowerPartition partition = active.get(end.subscription());
      if (partition != null) {
        endActive(partition);
        failed(partition, Optional.of(end.error()), nowMs, effects);
      }
    }
  }

  private Optional<FollowerPartition> answered(long attempt) {
    abandoned.remove(attempt);
    return Optional.ofNullable(asked.remove(attempt));
  }

  private void subscribed(LeaderFrame.Subscribed answer, long nowMs, List<FollowerEffect> effects) {
    if (abandoned.remove(answer.attempt())) {
      send(new FollowerFrame.Unsubscribe(answer.subscription()), nowMs, effects);
      return;
    }
    FollowerPartition partition = asked.remove(answer.attempt());
    if (partition != null) {
      partition.active(answer.subscription());
      active.put(answer.subscription(), partition);
      tell(
          partition,
          new FollowingEvent.Subscribed(
              partition.attempt(), answer.highWatermark(), answer.logStart()),
          effects);
    }
  }

  private void records(LeaderFrame.DataPart part, List<FollowerEffect> effects) {
    FollowerPartition partition = active.get(part.subscription());
    if (partition == null) {
      drop(part, effects);
      return;
    }
    tell(
        partition,
        new FollowingEvent.ReplicatedBatches(
            partition.attempt(),
            part.prevEndOffset(),
            part.highWatermark(),
            part.logStart(),
            part.records()),
        effects);
  }

  private static void drop(LeaderFrame frame, List<FollowerEffect> effects) {
    if (frame instanceof LeaderFrame.Data data) {
      data.parts().forEach(part -> drop(part, effects));
    }
  }

  private static void drop(LeaderFrame.DataPart part, List<FollowerEffect> effects) {
    effects.add(new FollowerEffect.Drop(part.records()));
  }

  private void moved(LeaderFrame.Watermark at, List<FollowerEffect> effects) {
    FollowerPartition partition = active.get(at.subscription());
    if (partition != null) {
      tell(
          partition,
          new FollowingEvent.WatermarksMoved(
              partition.attempt(), at.highWatermark(), at.logStart()),
          effects);
    }
  }

  private static void failed(
      FollowerPartition partition,
      Optional<MillraceError> why,
      long nowMs,
      List<FollowerEffect> effects) {
    partition.failed(nowMs);
    tell(partition, new FollowingEvent.SubscriptionEnded(partition.attempt(), why), effects);
  }

  private static void tell(
      FollowerPartition partition, FollowingEvent event, List<FollowerEffect> effects) {
    effects.add(new FollowerEffect.Tell(partition.id(), event));
  }

  /** The stream has ended, or could not be opened. */
  public void lost(long of, long nowMs, List<FollowerEffect> effects) {
    if (of != stream) {
      return;
    }
    stream = NO_STREAM;
    connecting.failed();
    connectAtMs = nowMs + connecting.waitMs();
    abandoned.clear();
    positions.clear();
    spent = 0;
    endAll(asked, nowMs, effects);
    endAll(active, nowMs, effects);
  }

  /**
   * No partition is to blame for the connection: each may ask again as soon as there is another.
   */
  private static void endAll(
      Map<Long, FollowerPartition> all, long nowMs, List<FollowerEffect> effects) {
    List<FollowerPartition> ending = List.copyOf(all.values());
    all.clear();
    for (FollowerPartition partition : ending) {
      partition.idle(nowMs);
      tell(
          partition,
          new FollowingEvent.SubscriptionEnded(partition.attempt(), Optional.empty()),
          effects);
    }
  }

  private void disconnect(String why, long nowMs, List<FollowerEffect> effects) {
    if (stream != NO_STREAM) {
      effects.add(new FollowerEffect.Disconnect(stream, why));
      lost(stream, nowMs, effects);
    }
  }

  /**
   * The leader's broker has moved or started anew, or this one has another registration: what is
   * open ends, and the next stream is opened at once. What was refused before says nothing of now:
   * no partition waits for it.
   *
   * @param epoch this broker's registration
   */
  public void reset(long epoch, long nowMs, List<FollowerEffect> effects) {
    brokerEpoch = epoch;
    disconnect("the registrations have changed", nowMs, effects);
    connecting.succeeded();
    connectAtMs = nowMs;
    partitions.values().forEach(each -> each.failuresForgotten(nowMs));
    List<Wish> wishesNow = new ArrayList<>(waiting.size());
    for (Wish each = waiting.poll(); each != null; each = waiting.poll()) {
      wishesNow.add(new Wish(each.partition(), each.attempt(), nowMs, each.order()));
    }
    waiting.addAll(wishesNow);
  }

  /** This broker follows nobody any more, whatever is wanted later. */
  public void close(long nowMs, List<FollowerEffect> effects) {
    closed = true;
    waiting.clear();
    partitions.clear();
    asked.clear();
    active.clear();
    disconnect("the broker is shutting down", nowMs, effects);
  }

  // ---- time, and the ends of runs

  /** When {@link #tick} is due; {@link Long#MAX_VALUE} if nothing waits for a time. */
  public long dueMs() {
    Wish next = waiting.peek();
    long wishMs = next == null ? Long.MAX_VALUE : next.dueMs();
    if (stream == NO_STREAM) {
      return Math.max(wishMs, next == null ? 0 : connectAtMs);
    }
    long creditsMs = owesCredits() ? throttledUntilMs : Long.MAX_VALUE;
    return Math.min(creditsMs, Math.min(wishMs, liveness.dueMs()));
  }

  private boolean owesCredits() {
    return spent >= Math.max(1, settings.creditBytes() / CREDIT_PIECES);
  }

  /** Time passed: {@link #dueMs} has come, or not. */
  public void tick(long nowMs, List<FollowerEffect> effects) {
    if (stream == NO_STREAM) {
      return;
    }
    liveness.look(nowMs);
    if (liveness.silent(nowMs)) {
      disconnect(
          "nothing was heard of the leader for " + Liveness.SILENCE_MS + " ms", nowMs, effects);
      return;
    }
    partitions.values().removeIf(each -> each.idleFor(FORGET_MS, nowMs));
    if (partitions.isEmpty()) {
      disconnect("there is nothing to follow", nowMs, effects);
    } else if (liveness.heartbeatDue(nowMs)) {
      send(new FollowerFrame.Heartbeat(), nowMs, effects);
    }
  }

  /** The end of a run: what has gathered is sent, and what is due is asked for. */
  public void settle(long nowMs, List<FollowerEffect> effects) {
    if (!positions.isEmpty()) {
      send(new FollowerFrame.Positions(List.copyOf(positions.values())), nowMs, effects);
      positions.clear();
    }
    if (stream != NO_STREAM && owesCredits()) {
      giveCredits(nowMs, effects);
    }
    dropVoidWishes();
    if (!waiting.isEmpty() && waiting.peek().dueMs() <= nowMs) {
      connect(nowMs, effects);
      askWhatIsDue(nowMs, effects);
    }
  }

  private void giveCredits(long nowMs, List<FollowerEffect> effects) {
    long waitMs = throttle.map(each -> each.waitMs(nowMs)).orElse(0L);
    throttledUntilMs = nowMs + waitMs;
    if (waitMs == 0) {
      send(new FollowerFrame.Credits(spent), nowMs, effects);
      throttle.ifPresent(each -> each.spend(spent));
      spent = 0;
    }
  }

  private void dropVoidWishes() {
    while (!waiting.isEmpty() && isVoid(waiting.peek())) {
      waiting.remove();
    }
  }

  private static boolean isVoid(Wish wish) {
    return wish.partition().state() != State.WAITING
        || wish.partition().attempt() != wish.attempt();
  }

  private void connect(long nowMs, List<FollowerEffect> effects) {
    if (stream != NO_STREAM || nowMs < connectAtMs) {
      return;
    }
    lastStream += kind.step();
    stream = lastStream;
    lastAttempt = 0;
    liveness = new Liveness(nowMs);
    effects.add(new FollowerEffect.Connect(stream));
    send(
        new FollowerFrame.Open(
            settings.brokerId(),
            brokerEpoch,
            settings.leaderId(),
            settings.creditBytes(),
            settings.maxFrameBytes(),
            kind.catchesUp()),
        nowMs,
        effects);
  }

  private void askWhatIsDue(long nowMs, List<FollowerEffect> effects) {
    while (stream != NO_STREAM && !waiting.isEmpty() && waiting.peek().dueMs() <= nowMs) {
      Wish wish = waiting.remove();
      if (!isVoid(wish)) {
        ask(wish.partition(), nowMs, effects);
      }
    }
  }

  private void ask(FollowerPartition partition, long nowMs, List<FollowerEffect> effects) {
    long attempt = ++lastAttempt;
    partition.asked(attempt);
    asked.put(attempt, partition);
    FollowingEffect.Subscribe wanted = partition.wanted();
    send(
        new FollowerFrame.Subscribe(
            attempt, partition.id(), wanted.leaderEpoch(), wanted.position(), wanted.lastEpoch()),
        nowMs,
        effects);
  }

  private void send(FollowerFrame frame, long nowMs, List<FollowerEffect> effects) {
    liveness.sent(nowMs);
    effects.add(new FollowerEffect.Send(stream, frame));
  }
}
