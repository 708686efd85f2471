package io.millrace.broker.rpc;

import io.millrace.broker.rpc.LeaderAppends.Append;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.producer.FrameResult;
import io.millrace.common.producer.ProducerIdentity;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.proto.v1.PartitionProduceResult;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Brings batches to the leaders of their partitions, each once and in their order, until a
 * deadline. What waits for one broker is bounded, so that a hung one leaves room for the others.
 *
 * <p>Thread-safe, without a lock of its own.
 */
final class Forwarder {
  private static final long SWEEP_MS = 60_000;

  /** Lanes of a partition that nobody published to for so long are forgotten. */
  private static final long UNUSED_MS = 600_000;

  private final int nodeId;
  private final LeaderAppends appends;
  private final PartitionLeaders leaders;
  private final Supplier<CompletableFuture<Long>> producerIds;
  private final Clock clock;
  private final Scheduler scheduler;
  private final long bytesPerLeader;
  private final Map<TopicIdPartition, ForwardLanes> lanes = new ConcurrentHashMap<>();
  private final Map<Integer, InFlightBytes> underWay = new ConcurrentHashMap<>();
  private final AtomicLong sweepAtMs;

  /**
   * Begins with nothing under way.
   *
   * @param nodeId this broker: what it leads itself is bounded elsewhere
   * @param producerIds gives out ids that no producer has
   * @param bytesPerLeader the most bytes of publications that wait for one other broker
   */
  Forwarder(
      int nodeId,
      LeaderAppends appends,
      PartitionLeaders leaders,
      Supplier<CompletableFuture<Long>> producerIds,
      Clock clock,
      Scheduler scheduler,
      long bytesPerLeader) {
    this.nodeId = nodeId;
    this.appends = appends;
    this.leaders = leaders;
    this.producerIds = producerIds;
    this.clock = clock;
    this.scheduler = scheduler;
    this.bytesPerLeader = bytesPerLeader;
    this.sweepAtMs = new AtomicLong(clock.monotonicMs() + SWEEP_MS);
  }

  /**
   * What one publication has for one partition.
   *
   * @param deadlineMs when its batches are given up, on the monotonic clock
   * @param bytes of all its batches, about
   */
  record Load(TopicIdPartition id, Acks acks, long deadlineMs, RequestContext caller, long bytes) {}

  /** The way to one partition, for one publication. */
  interface Passage {
    /**
     * Delivers a batch. The one before must have its result.
     *
     * @param batch without a producer; not to be touched any more
     * @return always completed with a result, never exceptionally
     */
    CompletableFuture<PartitionProduceResult> deliver(ByteBuffer batch, int records);

    /** All batches have their results. */
    void close();
  }

  /** Opens the way for a load; fails with THROTTLED if too much waits for its leader already. */
  CompletableFuture<Passage> open(Load load) {
    int leader = leaders.leader(load.id());
    if (leader == nodeId) {
      return passage(load, () -> {});
    }
    InFlightBytes waiting =
        underWay.computeIfAbsent(leader, id -> InFlightBytes.total(bytesPerLeader));
    if (!waiting.tryAdd(load.bytes())) {
      return CompletableFuture.failedFuture(tooMuch(leader, waiting).exception());
    }
    Runnable release = () -> waiting.release(load.bytes());
    return passage(load, release)
        .whenComplete(
            (passage, thrown) -> {
              if (thrown != null) {
                release.run();
              }
            });
  }

  private CompletableFuture<Passage> passage(Load load, Runnable release) {
    if (load.acks() == Acks.NONE) {
      return CompletableFuture.completedFuture(new OneTry(load, release));
    }
    sweep();
    ForwardLanes pool =
        lanes.computeIfAbsent(load.id(), id -> new ForwardLanes(this::newLane, clock, scheduler));
    return pool.take(load.deadlineMs()).thenApply(lane -> new InLane(load, pool, lane, release));
  }

  private CompletableFuture<ForwardLane> newLane() {
    return producerIds
        .get()
        .thenApply(
            id ->
                new ForwardLane(
                    new ProducerIdentity(id, 0), appends, this::judge, clock, scheduler));
  }

  /**
   * A repeat helps if the leader is elsewhere by then, or can be reached; else the caller judges.
   * Of a batch in doubt the caller can't: only a repeat finds out whether it is in the log.
   */
  private FrameResult judge(LaneBatch batch, MillraceError error) {
    boolean again =
        switch (error.code()) {
          case NOT_LEADER,
              LEADER_NOT_AVAILABLE,
              FENCED_LEADER_EPOCH,
              UNKNOWN_LEADER_EPOCH,
              UNAVAILABLE,
              BROKER_NOT_AVAILABLE,
              REQUEST_TIMED_OUT,
              OUT_OF_ORDER_SEQUENCE,
              DUPLICATE_SEQUENCE,
              INVALID_PRODUCER_EPOCH ->
              true;
          case LOG_DIR_OFFLINE -> leaders.replicated(batch.id);
          case UNKNOWN_TOPIC_ID, UNKNOWN_PARTITION -> leaders.exists(batch.id);
          default -> false;
        };
    boolean findsOut =
        batch.inDoubt
            && error.code().retriable()
            && error.code() != ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND;
    if (!again && !findsOut) {
      return new FrameResult.GivenUp(error);
    }
    // A leader that has not heard of the topic yet: to the session that would be the end.
    return new FrameResult.Refused(
        error.code() == ErrorCode.UNKNOWN_TOPIC_ID
            ? new MillraceError(ErrorCode.UNKNOWN_PARTITION, error.message(), error.details())
            : error);
  }

  /** A pool that someone has found and not taken from yet is only younger than it must be. */
  private void sweep() {
    long now = clock.monotonicMs();
    long due = sweepAtMs.get();
    if (now >= due && sweepAtMs.compareAndSet(due, now + SWEEP_MS)) {
      lanes.values().removeIf(pool -> pool.unusedSince(now - UNUSED_MS));
    }
  }

  private static MillraceError tooMuch(int leader, InFlightBytes waiting) {
    return new MillraceError(
        ErrorCode.THROTTLED,
        leader == 0
            ? "too much waits for partitions without a leader"
            : "too much waits for broker " + leader,
        Map.of("broker", Integer.toString(leader), "bytes", Long.toString(waiting.limit())));
  }

  private static final class InLane implements Passage {
    private final Load load;
    private final ForwardLanes pool;
    private final ForwardLane lane;
    private final Runnable release;

    InLane(Load load, ForwardLanes pool, ForwardLane lane, Runnable release) {
      this.load = load;
      this.pool = pool;
      this.lane = lane;
      this.release = release;
    }

    @Override
    public CompletableFuture<PartitionProduceResult> deliver(ByteBuffer batch, int records) {
      return lane.deliver(
          new LaneBatch(load.id(), load.acks(), batch, records, load.deadlineMs(), load.caller()));
    }

    @Override
    public void close() {
      release.run();
      pool.giveBack(lane);
    }
  }

  /** For acks=0: who does not ask what becomes of a batch gets it at most once. */
  private final class OneTry implements Passage {
    private final Load load;
    private final Runnable release;

    OneTry(Load load, Runnable release) {
      this.load = load;
      this.release = release;
    }

    @Override
    public CompletableFuture<PartitionProduceResult> deliver(ByteBuffer batch, int records) {
      long leftMs = Math.max(1, load.deadlineMs() - clock.monotonicMs());
      return appends.append(new Append(load.id(), Acks.NONE, batch, load.caller()), leftMs);
    }

    @Override
    public void close() {
      release.run();
    }
  }
}
