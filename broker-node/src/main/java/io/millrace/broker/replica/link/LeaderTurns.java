package io.millrace.broker.replica.link;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Whose records are to be read next, within the follower's credits: partitions of one log directory
 * take turns, and each directory has one read under way at the most, so that one whose disk hangs
 * holds up nobody else's. Confined to its link.
 */
final class LeaderTurns {
  /** A frame has no more parts, so that one of many small parts stays quick to make. */
  private static final int MAX_PARTS = 512;

  /** Who may have something to send; the next one's turn first. */
  private final Deque<LeaderSubscription> queued = new ArrayDeque<>();

  /** Who has records to send and no credits for them. */
  private final Deque<LeaderSubscription> starved = new ArrayDeque<>();

  private final Map<UUID, Lane> lanes = new LinkedHashMap<>();

  /** Holds up all reads of the stream. */
  private Optional<Throttle> throttle = Optional.empty();

  private long heldUpUntilMs = Long.MAX_VALUE;

  /** Before the follower has said what it takes: nothing. */
  private int maxFrameBytes;

  /**
   * What the follower still takes, without what reads under way may bring; below 0 when the last
   * batch was larger.
   */
  private long credits;

  /** A log directory. */
  private static final class Lane {
    /** Who has records there to be read. */
    private final Deque<LeaderSubscription> waiting = new ArrayDeque<>();

    /** Whether a read is under way. */
    private boolean reading;
  }

  /** The follower takes records from now on. */
  void open(FollowerFrame.Open follower, Optional<Throttle> heldUpBy) {
    credits = follower.creditBytes();
    maxFrameBytes = follower.maxFrameBytes();
    throttle = heldUpBy;
  }

  /** What was held up until now is asked for again. */
  void tick(long nowMs) {
    if (nowMs >= heldUpUntilMs) {
      heldUpUntilMs = Long.MAX_VALUE;
    }
  }

  /** When reads that are held up may begin; {@link Long#MAX_VALUE} if none are. */
  long dueMs() {
    return heldUpUntilMs;
  }

  boolean hasCredits() {
    return credits > 0;
  }

  /** There may be something to send of a partition. */
  void queue(LeaderSubscription subscription) {
    if (subscription.takePlace()) {
      queued.add(subscription);
    }
  }

  /** The next one that may have something to send; those that ended are passed over. */
  Optional<LeaderSubscription> next() {
    while (!queued.isEmpty()) {
      LeaderSubscription next = queued.remove();
      next.givePlace();
      if (!next.isOver()) {
        return Optional.of(next);
      }
    }
    return Optional.empty();
  }

  /** Records of a partition are to be read; it has its turn in their directory. */
  void read(LeaderSubscription subscription, UUID directory) {
    if (subscription.takePlace()) {
      lane(directory).waiting.add(subscription);
    }
  }

  private Lane lane(UUID directory) {
    return lanes.computeIfAbsent(directory, absent -> new Lane());
  }

  /** A partition has records and there are no credits: it has its turn when there are again. */
  void starve(LeaderSubscription subscription) {
    if (subscription.starve()) {
      starved.add(subscription);
    }
  }

  /** The follower takes so many bytes more. */
  void addCredits(long bytes) {
    long sum = credits + bytes;
    credits = sum < credits ? Long.MAX_VALUE : sum;
    feed();
  }

  private void feed() {
    if (credits > 0) {
      starved.forEach(LeaderSubscription::feed);
      starved.forEach(this::queue);
      starved.clear();
    }
  }

  /** The reads that can begin now. */
  List<LeaderRead> begin(long nowMs) {
    heldUpUntilMs = Long.MAX_VALUE;
    List<LeaderRead> reads = new ArrayList<>();
    lanes.forEach(
        (directory, lane) -> {
          if (!lane.reading && !lane.waiting.isEmpty()) {
            begin(directory, lane, isHeldUp(nowMs)).ifPresent(reads::add);
          }
        });
    return reads;
  }

  private boolean isHeldUp(long nowMs) {
    long waitMs = throttle.map(each -> each.waitMs(nowMs)).orElse(0L);
    if (waitMs > 0) {
      heldUpUntilMs = nowMs + waitMs;
    }
    return waitMs > 0;
  }

  private Optional<LeaderRead> begin(UUID directory, Lane lane, boolean heldUp) {
    if (heldUp || credits <= 0) {
      // Looked at again: without credits they wait for some, and one that is held up may not be
      // one to be held up any more.
      List<LeaderSubscription> all = List.copyOf(lane.waiting);
      lane.waiting.clear();
      all.forEach(LeaderSubscription::givePlace);
      all.forEach(this::queue);
      return Optional.empty();
    }
    List<LeaderSubscription> turns = new ArrayList<>();
    while (turns.size() < MAX_PARTS && !lane.waiting.isEmpty()) {
      LeaderSubscription next = lane.waiting.remove();
      if (!next.isOver()) {
        turns.add(next);
      }
    }
    if (turns.isEmpty()) {
      return Optional.empty();
    }
    int most = (int) Math.min(maxFrameBytes, credits);
    credits -= most;
    throttle.ifPresent(each -> each.spend(most));
    lane.reading = true;
    return Optional.of(new LeaderRead(directory, turns, most));
  }

  /**
   * A read has ended: the next one of its directory may begin, with those first that it had no room
   * for; those that it read of may have more.
   *
   * @param bytes what it brought
   */
  void ended(LeaderRead read, long bytes) {
    Lane lane = lane(read.directory());
    lane.reading = false;
    List<LeaderSubscription> unreached = read.unreached();
    for (int i = unreached.size() - 1; i >= 0; i--) {
      lane.waiting.addFirst(unreached.get(i));
    }
    read.reached().forEach(LeaderSubscription::givePlace);
    read.parts().forEach(part -> queue(part.turn().subscription()));
    credits += read.mostBytes() - bytes;
    throttle.ifPresent(each -> each.spend(bytes - read.mostBytes()));
    feed();
  }

  void clear() {
    queued.clear();
    starved.clear();
    lanes.clear();
  }
}
