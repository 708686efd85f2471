package io.millrace.broker.replica.core;

import io.millrace.broker.log.LeaderEpochCache;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceError;
import io.millrace.common.OffsetAndEpoch;
import io.millrace.common.fault.FaultHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Drives a core as a shell would, over a log that is nothing but its end and its producers. */
final class CoreDriver implements LogMemory {
  static final int BROKER = 1;
  static final long LAG_MS = 16_000;

  /** Longer than the lag time by the distance of two marks. */
  static final long LAGGED_MS = 17_000;

  record Token(long id) implements RequestToken {}

  record Ref(int follower, int number) implements FollowerRef {}

  /** A broken invariant, as the tests see it. */
  static final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Fault(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private record Remembered(short epoch, int baseSequence, int lastSequence, long baseOffset) {}

  static final FaultHandler FAULTS = Fault::new;

  final PartitionCore core;
  final Map<RequestToken, ProduceOutcome> answers = new LinkedHashMap<>();
  final Map<RequestToken, DeleteRecordsOutcome> deletes = new LinkedHashMap<>();
  final List<Effect> history = new ArrayList<>();
  final TreeSet<Long> timers = new TreeSet<>();
  long logEndOffset;
  long nowMs = 1_000;
  int flushRequests;
  boolean holdAppends;
  final Map<Integer, Ref> subscriptions = new HashMap<>();
  LeaderEpochCache epochs = LeaderEpochCache.EMPTY;
  private final Map<Long, List<Remembered>> producers = new HashMap<>();
  private final Map<RequestToken, BatchFacts> batches = new HashMap<>();
  private long nextToken;
  private int nextRef;

  CoreDriver(PartitionSettings settings, LogPositions positions) {
    this(settings, positions, LAG_MS);
  }

  CoreDriver(PartitionSettings settings, LogPositions positions, long lagTimeMaxMs) {
    core = new PartitionCore(BROKER, positions, settings, lagTimeMaxMs, this, 0, FAULTS);
    logEndOffset = positions.logEndOffset();
  }

  static CoreDriver os() {
    return new CoreDriver(new PartitionSettings(FlushMode.OS, true), new LogPositions(0, 0, 0));
  }

  static CoreDriver commit() {
    return new CoreDriver(new PartitionSettings(FlushMode.COMMIT, true), new LogPositions(0, 0, 0));
  }

  static LeaderState alone(int leaderEpoch) {
    return new LeaderState(leaderEpoch, 0, List.of(BROKER), Set.of(BROKER), 1);
  }

  static LeaderState of(int leaderEpoch, int partitionEpoch, Set<Integer> isr, int minIsr) {
    return new LeaderState(leaderEpoch, partitionEpoch, List.of(1, 2, 3), isr, minIsr);
  }

  static BatchFacts sequenced(long producer, int epoch, int baseSequence, int records) {
    return new BatchFacts(
        producer, (short) epoch, baseSequence, baseSequence + records - 1, records);
  }

  CoreDriver leading(LeaderState state) {
    on(new PartitionEvent.BecomeLeader(state));
    return this;
  }

  void on(PartitionEvent event) {
    List<Effect> effects = new ArrayList<>();
    core.on(event, nowMs, effects);
    for (Effect effect : effects) {
      execute(effect);
    }
  }

  private void execute(Effect effect) {
    history.add(effect);
    if (effect instanceof Effect.Append append) {
      if (append.baseOffset() != logEndOffset) {
        throw new AssertionError("append at " + append.baseOffset() + ", log end " + logEndOffset);
      }
      BatchFacts batch = batches.get(append.token());
      remember(batch, append.baseOffset());
      epochs = epochs.begin(append.leaderEpoch(), logEndOffset);
      logEndOffset += batch.recordCount();
      if (!holdAppends) {
        on(new PartitionEvent.Appended(logEndOffset));
      }
    } else if (effect instanceof Effect.Answer answer) {
      if (answers.put(answer.token(), answer.outcome()) != null) {
        throw new AssertionError("answered twice: " + answer);
      }
    } else if (effect instanceof Effect.AnswerDelete answer) {
      if (deletes.put(answer.token(), answer.outcome()) != null) {
        throw new AssertionError("answered twice: " + answer);
      }
    } else if (effect instanceof Effect.MoveLogStart move) {
      on(new PartitionEvent.LogStartMoved(move.logStartOffset()));
    } else if (effect instanceof Effect.SetTimer timer) {
      timers.add(timer.atMs());
    } else if (effect instanceof Effect.RequestFlush) {
      flushRequests++;
    }
  }

  Token produce(BatchFacts batch, Acks acks) {
    return produce(batch, acks, PartitionEvent.ANY_EPOCH, PartitionEvent.NO_PIPELINE);
  }

  Token produce(BatchFacts batch, Acks acks, int leaderEpoch, long pipeline) {
    return produce(batch, acks, leaderEpoch, pipeline, nowMs + 500);
  }

  Token produce(BatchFacts batch, Acks acks, int leaderEpoch, long pipeline, long deadlineMs) {
    Token token = new Token(nextToken++);
    batches.put(token, batch);
    on(new PartitionEvent.Produce(token, batch, acks, leaderEpoch, pipeline, deadlineMs, -1));
    return token;
  }

  Token deleteRecords(long before) {
    Token token = new Token(nextToken++);
    on(new PartitionEvent.DeleteRecords(token, before, PartitionEvent.ANY_EPOCH, nowMs + 500));
    return token;
  }

  Token refuseFrame(long pipeline, MillraceError error) {
    Token token = new Token(nextToken++);
    on(new PartitionEvent.RefuseFrame(token, pipeline, -1, error));
    return token;
  }

  /** A follower's log that is the beginning of this one asks to go on at a position. */
  SubscribeAnswer subscribe(int follower, long position) {
    return subscribe(follower, 1, position, epochs.epochOf(position - 1).orElse(-1));
  }

  SubscribeAnswer subscribe(int follower, long brokerEpoch, long position, int lastEpoch) {
    Ref ref = new Ref(follower, nextRef++);
    on(
        new LeadingEvent.FollowerSubscribes(
            ref, follower, brokerEpoch, core.leaderEpoch(), position, lastEpoch));
    SubscribeAnswer answer =
        all(LeadingEffect.AnswerSubscribe.class).stream()
            .filter(each -> each.ref().equals(ref))
            .map(LeadingEffect.AnswerSubscribe::answer)
            .findFirst()
            .orElseThrow();
    if (answer instanceof SubscribeAnswer.Accepted) {
      subscriptions.put(follower, ref);
    }
    return answer;
  }

  /** A follower tells how far it is; it subscribes from the beginning if it has not yet. */
  void acknowledge(int follower, long appended, long durable) {
    if (!subscriptions.containsKey(follower)) {
      subscribe(follower, 0);
    }
    acknowledge(follower, appended, durable, LeadingEvent.LOG_START_UNTOLD);
  }

  void acknowledge(int follower, long appended, long durable, long logStart) {
    on(
        new LeadingEvent.FollowerAcknowledged(
            subscriptions.get(follower), appended, durable, logStart));
  }

  /** Both followers, from the beginning. */
  CoreDriver followed() {
    subscribe(2, 0);
    subscribe(3, 0);
    return this;
  }

  void eligible(Integer... brokers) {
    Map<Integer, Long> epochOfEach = new HashMap<>();
    for (int broker : brokers) {
      epochOfEach.put(broker, 1L);
    }
    on(new LeadingEvent.BrokersChanged(epochOfEach));
  }

  /** The effects of a kind so far. */
  <T extends Effect> List<T> all(Class<T> kind) {
    return history.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  <T extends Effect> T last(Class<T> kind) {
    List<T> all = all(kind);
    return all.get(all.size() - 1);
  }

  /** The brokers of the ISRs that were proposed so far. */
  List<List<Integer>> proposals() {
    return all(LeadingEffect.ProposeIsr.class).stream()
        .map(each -> each.isr().stream().map(IsrMember::brokerId).toList())
        .toList();
  }

  void flushed() {
    on(new PartitionEvent.Flushed(logEndOffset));
  }

  void advanceTo(long timeMs) {
    nowMs = timeMs;
    timers.headSet(timeMs, true).clear();
    on(new PartitionEvent.Tick());
  }

  boolean answered(Token token) {
    return answers.containsKey(token);
  }

  ProduceOutcome.Acknowledged acknowledged(Token token) {
    return (ProduceOutcome.Acknowledged) outcome(token);
  }

  ProduceOutcome.Failed failed(Token token) {
    return (ProduceOutcome.Failed) outcome(token);
  }

  ErrorCode errorOf(Token token) {
    return failed(token).error().code();
  }

  private ProduceOutcome outcome(Token token) {
    ProduceOutcome outcome = answers.get(token);
    if (outcome == null) {
      throw new AssertionError("not answered: " + token);
    }
    return outcome;
  }

  private void remember(BatchFacts batch, long baseOffset) {
    if (batch.hasProducerId()) {
      producers
          .computeIfAbsent(batch.producerId(), id -> new ArrayList<>())
          .add(
              new Remembered(
                  batch.producerEpoch(), batch.baseSequence(), batch.lastSequence(), baseOffset));
    }
  }

  @Override
  public int latestEpoch() {
    return epochs.latestEpoch().orElse(-1);
  }

  @Override
  public int lastBatchEpoch() {
    return epochs.epochOf(logEndOffset - 1).orElse(-1);
  }

  @Override
  public Optional<OffsetAndEpoch> endOffsetFor(int epoch) {
    return epochs.endOffsetFor(epoch, logEndOffset);
  }

  /** The rule in its simplest form: everything is remembered, nothing wraps, nothing expires. */
  @Override
  public SequenceVerdict check(BatchFacts batch) {
    List<Remembered> known = producers.getOrDefault(batch.producerId(), List.of());
    Optional<Remembered> repeat =
        known.stream()
            .filter(
                seen ->
                    seen.epoch == batch.producerEpoch()
                        && seen.baseSequence == batch.baseSequence()
                        && seen.lastSequence == batch.lastSequence())
            .findFirst();
    if (repeat.isPresent()) {
      long base = repeat.get().baseOffset;
      return new SequenceVerdict.Duplicate(base, base + batch.recordCount() - 1, -1);
    }
    int expected = known.isEmpty() ? 0 : known.get(known.size() - 1).lastSequence + 1;
    if (batch.baseSequence() != expected) {
      return new SequenceVerdict.Refuse(
          new MillraceError(
              ErrorCode.OUT_OF_ORDER_SEQUENCE,
              "base_sequence: %d (expected: %d)".formatted(batch.baseSequence(), expected)));
    }
    return SequenceVerdict.ACCEPT;
  }
}
