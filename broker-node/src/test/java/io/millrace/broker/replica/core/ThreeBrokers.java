package io.millrace.broker.replica.core;

import io.millrace.broker.log.LeaderEpochCache;
import io.millrace.common.Acks;
import io.millrace.common.FlushMode;
import io.millrace.common.MillraceError;
import io.millrace.common.OffsetAndEpoch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One partition on three brokers: their cores over logs in memory, the messages between them, and a
 * controller that does what the test says. Everything on the test's thread; messages wait until
 * they are delivered.
 */
final class ThreeBrokers {
  /** A batch is one record with this content. */
  record Entry(int epoch, String value) {}

  record Records(List<Entry> entries) implements ReplicatedToken {}

  record Request(String value) implements RequestToken {}

  /** A subscription as the leader sees it. */
  record Link(int follower, long brokerEpoch, int leader, long attempt) implements FollowerRef {}

  private record Message(int from, int to, Runnable delivery) {}

  final Map<Integer, Broker> brokers = new LinkedHashMap<>();
  final Map<String, ProduceOutcome> answers = new HashMap<>();
  final Set<Integer> cutOff = new HashSet<>();
  private final Deque<Message> messages = new ArrayDeque<>();
  final FlushMode flushMode;
  long nowMs = 1_000_000;
  int leader;
  int leaderEpoch = -1;
  int partitionEpoch;
  int minIsr = 2;
  Set<Integer> isr = Set.of(1, 2, 3);

  /** Whether proposals take effect by themselves. */
  boolean controllerAgrees = true;

  ThreeBrokers() {
    this(FlushMode.OS);
  }

  ThreeBrokers(FlushMode flushMode) {
    this.flushMode = flushMode;
    for (int id = 1; id <= 3; id++) {
      brokers.put(id, new Broker(id));
    }
  }

  Broker broker(int id) {
    Broker broker = brokers.get(id);
    if (broker == null) {
      throw new AssertionError("no broker " + id);
    }
    return broker;
  }

  // ---- the controller

  /** Elects a leader; those that are up and not cut off hear of it. */
  void elect(int newLeader) {
    leader = newLeader;
    leaderEpoch++;
    partitionEpoch++;
    brokers.values().forEach(Broker::hearsOfTheLeader);
  }

  void commitIsr(Integer... members) {
    isr = Set.of(members);
    partitionEpoch++;
    if (leader != 0 && broker(leader).isUp()) {
      broker(leader).on(new PartitionEvent.StateCommitted(state()));
    }
  }

  LeaderState state() {
    return new LeaderState(leaderEpoch, partitionEpoch, List.of(1, 2, 3), isr, minIsr);
  }

  // ---- time and messages

  /** Delivers messages until none is left. */
  void settle() {
    int left = 10_000;
    while (!messages.isEmpty()) {
      Message next = messages.remove();
      if (left-- == 0) {
        throw new AssertionError("the brokers never come to rest");
      }
      if (!cutOff.contains(next.from) && !cutOff.contains(next.to)) {
        next.delivery.run();
      }
    }
  }

  void pass(long ms) {
    nowMs += ms;
    for (Broker broker : brokers.values()) {
      if (broker.isUp()) {
        broker.on(new PartitionEvent.Tick());
      }
    }
    settle();
  }

  private void send(int from, int to, Runnable delivery) {
    messages.add(new Message(from, to, delivery));
  }

  /** A batch of a producer, to the leader, until everything is at rest. */
  void produce(String value, Acks acks) {
    produceOnly(value, acks);
    settle();
  }

  void produceOnly(String value, Acks acks) {
    broker(leader)
        .on(
            new PartitionEvent.Produce(
                new Request(value), BatchFacts.plain(1), acks, -1, 0, nowMs + 60_000, -1));
  }

  boolean acknowledged(String value) {
    return answers.get(value) instanceof ProduceOutcome.Acknowledged;
  }

  // ---- a broker

  /** A broker with its log; what of it is lost in a crash the test says. */
  final class Broker implements LogMemory {
    final int id;
    final List<Entry> log = new ArrayList<>();
    final List<String> effects = new ArrayList<>();
    LeaderEpochCache epochs = LeaderEpochCache.EMPTY;
    long logStart;
    long durable;
    long brokerEpoch;
    private @Nullable PartitionCore core;
    private final Set<Link> links = new LinkedHashSet<>();
    private final Map<Link, Long> sent = new HashMap<>();
    private final Map<Link, Long> toldHighWatermark = new HashMap<>();

    Broker(int id) {
      this.id = id;
      this.brokerEpoch = 1;
      start(0);
    }

    /** Starts the process on the log as it is, with this much known of its high watermark. */
    void start(long highWatermark) {
      core =
          new PartitionCore(
              id,
              new LogPositions(logStart, logEnd(), Math.min(durable, logEnd()), highWatermark),
              new PartitionSettings(flushMode, true),
              CoreDriver.LAG_MS,
              this,
              0,
              CoreDriver.FAULTS);
      eligible();
    }

    private void eligible() {
      Map<Integer, Long> all = new HashMap<>();
      brokers.values().forEach(each -> all.put(each.id, each.brokerEpoch));
      all.put(id, brokerEpoch);
      all.putIfAbsent(1, 1L);
      all.putIfAbsent(2, 1L);
      all.putIfAbsent(3, 1L);
      on(new LeadingEvent.BrokersChanged(Map.copyOf(all)));
    }

    /** Kills the process; so many of the last batches are lost with the page cache. */
    void crash(int lostBatches) {
      core = null;
      for (int i = 0; i < lostBatches; i++) {
        log.remove(log.size() - 1);
      }
      epochs = epochs.truncateFromEnd(logEnd());
      links.clear();
      for (Broker other : brokers.values()) {
        other.connectionLost(id);
      }
    }

    /** Comes back as another registration, and hears who leads. */
    void restart(long highWatermark) {
      brokerEpoch++;
      start(highWatermark);
      brokers.values().stream().filter(Broker::isUp).forEach(Broker::eligible);
      hearsOfTheLeader();
    }

    boolean isUp() {
      return core != null;
    }

    PartitionCore core() {
      if (core == null) {
        throw new AssertionError("broker " + id + " is down");
      }
      return core;
    }

    void hearsOfTheLeader() {
      if (!isUp() || cutOff.contains(id)) {
        return;
      }
      if (leader == id) {
        on(new PartitionEvent.BecomeLeader(state()));
      } else if (leader == 0) {
        on(new PartitionEvent.Resign(Refusals.noLeaderYet()));
      } else {
        on(
            new PartitionEvent.BecomeFollower(
                leader, leaderEpoch, partitionEpoch, isr.contains(id), isr.contains(id)));
      }
    }

    private void connectionLost(int other) {
      if (!isUp()) {
        return;
      }
      for (Link link : List.copyOf(links)) {
        if (link.leader() == other) {
          links.remove(link);
          on(new FollowingEvent.SubscriptionEnded(link.attempt(), Optional.empty()));
        } else if (link.follower() == other) {
          links.remove(link);
          on(new LeadingEvent.FollowerGone(link));
        }
      }
    }

    long logEnd() {
      return logStart + log.size();
    }

    List<String> values() {
      return log.stream().map(Entry::value).toList();
    }

    List<String> committed() {
      return values().subList(0, (int) (core().highWatermark() - logStart));
    }

    // -- effects

    void on(PartitionEvent event) {
      if (core == null) {
        return;
      }
      List<Effect> wanted = new ArrayList<>();
      core.on(event, nowMs, wanted);
      for (Effect effect : wanted) {
        carryOut(effect);
      }
      if (event instanceof FollowingEvent.Replicated
          || event instanceof PartitionEvent.Appended
          || event instanceof LeadingEvent) {
        feedFollowers();
      }
    }

    private void carryOut(Effect effect) {
      effects.add(effect.toString());
      if (effect instanceof Effect.Append append) {
        epochs = epochs.begin(append.leaderEpoch(), logEnd());
        log.add(new Entry(append.leaderEpoch(), ((Request) append.token()).value()));
        on(new PartitionEvent.Appended(logEnd()));
      } else if (effect instanceof Effect.Answer answer) {
        answers.put(((Request) answer.token()).value(), answer.outcome());
      } else if (effect instanceof Effect.MoveLogStart move) {
        log.subList(0, (int) (move.logStartOffset() - logStart)).clear();
        logStart = move.logStartOffset();
        epochs = epochs.truncateFromStart(logStart);
        on(new PartitionEvent.LogStartMoved(logStart));
      } else if (effect instanceof Effect.RequestFlush) {
        send(id, id, this::flush);
      } else if (effect instanceof LeadingEffect leading) {
        carryOut(leading);
      } else if (effect instanceof FollowingEffect following) {
        carryOut(following);
      }
    }

    void flush() {
      durable = logEnd();
      on(new PartitionEvent.Flushed(durable));
    }

    private void carryOut(LeadingEffect effect) {
      if (effect instanceof LeadingEffect.AnswerSubscribe answer) {
        Link link = (Link) answer.ref();
        if (answer.answer() instanceof SubscribeAnswer.Accepted) {
          links.add(link);
        }
        send(id, link.follower(), () -> broker(link.follower()).hear(link, answer.answer()));
        feedFollowers();
      } else if (effect instanceof LeadingEffect.EndSubscription end) {
        Link link = (Link) end.ref();
        links.remove(link);
        send(id, link.follower(), () -> broker(link.follower()).ended(link, end.why()));
      } else if (effect instanceof LeadingEffect.ProposeIsr proposal && controllerAgrees) {
        send(
            id,
            0,
            () -> {
              if (proposal.leaderEpoch() == leaderEpoch
                  && proposal.partitionEpoch() == partitionEpoch) {
                commitIsr(proposal.isr().stream().map(IsrMember::brokerId).toArray(Integer[]::new));
                if (!isr.contains(leader)) {
                  elect(proposal.isr().get(0).brokerId());
                }
              }
            });
      }
    }

    private void ended(Link link, MillraceError why) {
      links.remove(link);
      on(new FollowingEvent.SubscriptionEnded(link.attempt(), Optional.of(why)));
    }

    /** Sends each subscription what is new in the log, or the high watermark alone. */
    private void feedFollowers() {
      if (core().role() != Role.LEADER) {
        return;
      }
      for (Link link : links) {
        if (link.leader() != id) {
          continue;
        }
        long from = sent.getOrDefault(link, 0L);
        long highWatermark = core().highWatermark();
        if (from < logEnd()) {
          Records records =
              new Records(List.copyOf(log.subList((int) (from - logStart), log.size())));
          sent.put(link, logEnd());
          toldHighWatermark.put(link, highWatermark);
          send(id, link.follower(), data(link, from, highWatermark, records));
        } else if (toldHighWatermark.getOrDefault(link, -1L) != highWatermark) {
          toldHighWatermark.put(link, highWatermark);
          long start = logStart;
          send(
              id,
              link.follower(),
              () ->
                  broker(link.follower())
                      .on(
                          new FollowingEvent.WatermarksMoved(
                              link.attempt(), highWatermark, start)));
        }
      }
    }

    private Runnable data(Link link, long from, long highWatermark, Records records) {
      long start = logStart;
      return () ->
          broker(link.follower())
              .on(
                  new FollowingEvent.ReplicatedBatches(
                      link.attempt(), from, highWatermark, start, records));
    }

    private void hear(Link link, SubscribeAnswer answer) {
      if (answer instanceof SubscribeAnswer.Accepted accepted) {
        on(
            new FollowingEvent.Subscribed(
                link.attempt(), accepted.highWatermark(), accepted.logStartOffset()));
      } else if (answer instanceof SubscribeAnswer.Diverged diverged) {
        on(new FollowingEvent.Diverged(link.attempt(), diverged.epoch(), diverged.endOffset()));
      } else if (answer instanceof SubscribeAnswer.StartAt startAt) {
        on(new FollowingEvent.StartAt(link.attempt(), startAt.offset()));
      }
      // A refused attempt is made again once this broker hears of another leader.
    }

    private void carryOut(FollowingEffect effect) {
      if (effect instanceof FollowingEffect.Subscribe subscribe) {
        Link link = new Link(id, brokerEpoch, subscribe.leaderId(), subscribe.attempt());
        links.add(link);
        send(id, subscribe.leaderId(), () -> broker(link.leader()).asked(link, this, subscribe));
      } else if (effect instanceof FollowingEffect.Unsubscribe unsubscribe) {
        for (Link link : own(unsubscribe.attempt())) {
          links.remove(link);
          send(id, link.leader(), () -> broker(link.leader()).gone(link));
        }
      } else if (effect instanceof FollowingEffect.Acknowledge position) {
        for (Link link : own(position.attempt())) {
          send(id, link.leader(), () -> broker(link.leader()).acknowledged(link, position));
        }
      } else if (effect instanceof FollowingEffect.AppendReplicated append) {
        for (Entry entry : ((Records) append.event().batches()).entries()) {
          if (epochs.latestEpoch().orElse(-1) != entry.epoch()) {
            epochs = epochs.begin(entry.epoch(), logEnd());
          }
          log.add(entry);
        }
        on(new FollowingEvent.Replicated(logEnd()));
      } else if (effect instanceof FollowingEffect.Truncate truncate) {
        cut(truncate.offset());
        on(new FollowingEvent.Truncated(logStart, logEnd()));
      } else if (effect instanceof FollowingEffect.TruncateFullyAndStartAt truncate) {
        log.clear();
        epochs = LeaderEpochCache.EMPTY;
        logStart = truncate.offset();
        durable = logStart;
        on(new FollowingEvent.Truncated(logStart, logEnd()));
      }
    }

    private void cut(long offset) {
      if (offset < logStart) {
        logStart = offset;
        log.clear();
      }
      if (offset < logEnd()) {
        log.subList((int) (offset - logStart), log.size()).clear();
      }
      epochs = epochs.truncateFromEnd(logEnd());
      durable = Math.min(durable, logEnd());
    }

    /** This broker's subscription of that number, if it has not ended. */
    private List<Link> own(long attempt) {
      return links.stream()
          .filter(link -> link.follower() == id && link.attempt() == attempt)
          .toList();
    }

    private void asked(Link link, Broker follower, FollowingEffect.Subscribe subscribe) {
      if (isUp() && follower.isUp() && follower.brokerEpoch == link.brokerEpoch()) {
        sent.put(link, subscribe.position());
        on(
            new LeadingEvent.FollowerSubscribes(
                link,
                follower.id,
                follower.brokerEpoch,
                subscribe.leaderEpoch(),
                subscribe.position(),
                subscribe.lastEpoch()));
      }
    }

    private void gone(Link link) {
      links.remove(link);
      on(new LeadingEvent.FollowerGone(link));
    }

    private void acknowledged(Link link, FollowingEffect.Acknowledge position) {
      on(
          new LeadingEvent.FollowerAcknowledged(
              link, position.appended(), position.durable(), position.logStart()));
    }

    // -- what the log remembers

    @Override
    public SequenceVerdict check(BatchFacts batch) {
      return SequenceVerdict.ACCEPT;
    }

    @Override
    public int latestEpoch() {
      return epochs.latestEpoch().orElse(-1);
    }

    @Override
    public int lastBatchEpoch() {
      return log.isEmpty() ? -1 : log.get(log.size() - 1).epoch();
    }

    @Override
    public Optional<OffsetAndEpoch> endOffsetFor(int epoch) {
      return epochs.endOffsetFor(epoch, logEnd());
    }
  }
}
