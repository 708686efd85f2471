package io.millrace.client.internal;

import com.google.common.util.concurrent.MoreExecutors;
import io.millrace.client.api.CommitCallback;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.GroupConfig;
import io.millrace.client.api.OffsetAndMetadata;
import io.millrace.client.api.RebalanceListener;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;

/**
 * A consumer's part in its group: what it subscribes to, what it was given, what it commits.
 * Confined to the consumer's thread; what other threads have to tell waits for its next poll.
 */
final class ConsumerGroup
    implements PartitionReader.PollWork, Rebalances.Owner, CommittedStarts.Owner {
  private final ClusterClient cluster;
  private final PartitionReader reader;
  private final GroupConfig config;
  private final GroupOffsets offsets;
  private final GroupMember member;
  private final OffsetCommits commits;
  private final AutoCommit autoCommit;
  private final TopicNames names;
  private final Rebalances rebalances;
  private final CommittedStarts starts;
  private final PollClock polls = new PollClock();

  /**
   * What other threads have to tell. Not among the reader's events, where it would wait behind all
   * that was read ahead.
   */
  private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();

  /** Until when a close may wait; for ever before that. */
  private long closeDeadlineMs = Long.MAX_VALUE;

  private boolean subscribed;

  /** How often it has subscribed: tells trouble of an older subscription. */
  private long subscriptions;

  private Set<String> topics = Set.of();

  /** Whether a listener or callback is being called. */
  private boolean inCall;

  /** Thrown by each poll until it subscribes anew. */
  private Optional<MillraceException> failure = Optional.empty();

  /** Thrown by one poll. */
  private Optional<MillraceException> report = Optional.empty();

  /** Parts of one consumer, in no group yet. */
  ConsumerGroup(
      ConsumerConfig config,
      ClusterClient cluster,
      MetadataCache metadata,
      GroupMember.Threads threads,
      PartitionReader reader) {
    this.cluster = cluster;
    this.reader = reader;
    this.config = config.group().orElseThrow();
    String groupId = this.config.groupId();
    GroupCoordinator coordinator = new GroupCoordinator(cluster, groupId);
    this.offsets = new GroupOffsets(coordinator, metadata);
    this.member = new GroupMember(config, cluster, coordinator, threads, polls, new FromGroup());
    this.commits =
        new OffsetCommits(
            cluster,
            offsets,
            member::identity,
            MoreExecutors.newSequentialExecutor(threads.helper()),
            reader::nudge);
    this.autoCommit = new AutoCommit(this.config.autoCommitInterval());
    Questions questions = new FetchQuestions(threads.helper(), answer -> later(answer.then()));
    this.names = new TopicNames(cluster, metadata, questions, () -> rebalances().namesCame());
    this.rebalances = new Rebalances(names, this);
    this.starts = new CommittedStarts(cluster, offsets, groupId, reader.reset(), questions, this);
  }

  /** Has the consumer's thread do something, before any record that came meanwhile. */
  private void later(Runnable work) {
    inbox.add(work);
    reader.nudge();
  }

  private Rebalances rebalances() {
    return rebalances;
  }

  /** What the group tells, on the groups' thread, is taken by the next poll. */
  private final class FromGroup implements GroupMember.Listener {
    @Override
    public void assigned(long incarnation, Set<TopicIdPartition> partitions) {
      later(
          () -> {
            // What was told before it left, or was lost, counts no more.
            if (subscribed && member.identity().incarnation() == incarnation) {
              rebalances.assigned(incarnation, partitions);
            }
          });
    }

    @Override
    public void lost(MillraceException why) {
      later(rebalances::lost);
    }

    @Override
    public void failed(long subscription, MillraceException why) {
      later(
          () -> {
            if (subscription == subscriptions) {
              failure = Optional.of(why);
            }
          });
    }

    @Override
    public void troubled(long subscription, MillraceException why) {
      later(
          () -> {
            if (subscription == subscriptions) {
              report = Optional.of(why);
            }
          });
    }
  }

  boolean subscribed() {
    return subscribed;
  }

  Set<String> subscription() {
    return topics;
  }

  /** Whether it is inside a listener or callback, which may not do everything. */
  boolean inCall() {
    return inCall;
  }

  void subscribe(Set<String> names, String regex, RebalanceListener listener) {
    refuseInCall("subscribe");
    topics = Set.copyOf(names);
    rebalances.listener(listener);
    failure = Optional.empty();
    if (!subscribed) {
      subscribed = true;
      idle();
    }
    subscriptions++;
    member.subscribe(
        subscriptions,
        io.millrace.proto.v1.Subscription.newBuilder()
            .addAllTopics(new TreeSet<>(names))
            .setTopicRegex(regex)
            .build());
  }

  /** Gives everything up and leaves the group, within the time-out. */
  void unsubscribe(Duration timeout) {
    refuseInCall("unsubscribe");
    if (!subscribed) {
      return;
    }
    long deadlineMs = now() + Timeouts.millis(timeout);
    try {
      rebalances.giveUpAll();
    } finally {
      subscribed = false;
      topics = Set.of();
      polls.polling();
      Future<Boolean> left = member.leave();
      awaitUntil(left, deadlineMs);
    }
  }

  /** As {@link #unsubscribe}, and for good: commits that are under way are waited for. */
  void close(Duration timeout) {
    long deadlineMs = now() + Timeouts.millis(timeout);
    closeDeadlineMs = deadlineMs;
    try {
      unsubscribe(timeout);
    } catch (RuntimeException e) {
      ClientLog.error("a rebalance listener failed as its consumer was closed", e);
    }
    awaitUntil(commits.flush(left(deadlineMs)), deadlineMs);
    runCallbacks();
  }

  /** The application polls. */
  void polling() {
    refuseInCall("poll");
    polls.polling();
  }

  /** The application has got something to do. */
  void idle() {
    if (subscribed) {
      polls.idle(now());
    }
  }

  @Override
  public void run() {
    for (Runnable told = inbox.poll(); told != null; told = inbox.poll()) {
      told.run();
    }
    runCallbacks();
    if (failure.isPresent() && !subscribed) {
      failure = Optional.empty();
    }
    rebalances.settle();
    if (autoCommit.isDue(now())) {
      commitProcessed();
    }
    throwTrouble();
  }

  private void throwTrouble() {
    if (failure.isPresent()) {
      throw failure.get();
    }
    Optional<MillraceException> once = report;
    report = Optional.empty();
    if (once.isPresent()) {
      throw once.get();
    }
  }

  @Override
  public void ask(Collection<Subscription> unsettled) {
    starts.ask(unsettled);
  }

  @Override
  public long dueMs() {
    if (!inbox.isEmpty() || commits.hasCallbacks()) {
      // The nudge may be gone, taken after the last run.
      return now();
    }
    long names = rebalances.waitsForNames() ? this.names.askAtMs() : Long.MAX_VALUE;
    return Math.min(autoCommit.dueMs(), names);
  }

  @Override
  public void startsAtCommitted(TopicPartition partition, OffsetAndMetadata at) {
    autoCommit.startsAt(partition, at);
  }

  @Override
  public void startsUnknown(MillraceException why) {
    report = Optional.of(why);
  }

  @Override
  public void beforeRevoked(Set<TopicPartition> partitions) {
    if (autoCommit.enabled()) {
      Map<TopicPartition, OffsetAndMetadata> news =
          autoCommit.news(places(partitions, (r, p) -> r.processed(p)));
      if (!news.isEmpty()) {
        warnUnlessDone(commits.commit(named(news), patience()));
      }
    }
  }

  @Override
  public void came(TopicPartition partition, Tenure tenure) {
    reader.assignFromGroup(partition, tenure.partition().topicId());
    autoCommit.came(now());
  }

  @Override
  public void gone(TopicPartition partition) {
    reader.unassign(partition);
    autoCommit.gone(partition);
  }

  @Override
  public void call(Runnable listener) {
    inCall = true;
    idle();
    try {
      listener.run();
    } finally {
      inCall = false;
      polls.polling();
    }
  }

  @Override
  public void afterRevoked() {
    awaitUntil(commits.flush(patience()), now() + patienceMs());
  }

  @Override
  public void owns(Set<TopicIdPartition> partitions) {
    member.owns(partitions);
  }

  @Override
  public void dropped() {
    member.dropped();
  }

  private void commitProcessed() {
    Map<TopicPartition, OffsetAndMetadata> news =
        autoCommit.news(places(rebalances.partitions(), (r, p) -> r.processed(p)));
    if (news.isEmpty()) {
      autoCommit.skip(now());
      return;
    }
    autoCommit.begins();
    commits.commit(
        named(news),
        patience(),
        (places, error) -> {
          autoCommit.ends(places, error == null, now());
          if (error != null) {
            warn(error);
          }
        });
  }

  private void warn(MillraceException error) {
    ClientLog.warn(
        "group "
            + config.groupId()
            + ": processed records are not committed: "
            + error.getMessage());
  }

  private Map<TopicPartition, OffsetAndMetadata> places(
      Collection<TopicPartition> partitions,
      BiFunction<PartitionReader, TopicPartition, Optional<OffsetAndMetadata>> place) {
    Map<TopicPartition, OffsetAndMetadata> places = new HashMap<>();
    partitions.forEach(p -> place.apply(reader, p).ifPresent(at -> places.put(p, at)));
    return places;
  }

  /** See {@link io.millrace.client.api.Consumer#commitSync()}. */
  void commitSync() {
    commitSync(places(reader.assignment(), (r, p) -> r.handedOut(p)));
  }

  void commitSync(Map<TopicPartition, OffsetAndMetadata> places) {
    Future<Boolean> done = commits.commit(named(places), patience());
    try {
      await(done, now() + patienceMs());
    } finally {
      runCallbacks();
    }
  }

  void commitAsync(CommitCallback callback) {
    commitAsync(places(reader.assignment(), (r, p) -> r.handedOut(p)), callback);
  }

  void commitAsync(Map<TopicPartition, OffsetAndMetadata> places, CommitCallback callback) {
    commits.commit(named(places), patience(), callback);
  }

  private Map<TopicPartition, OffsetCommits.Place> named(
      Map<TopicPartition, OffsetAndMetadata> places) {
    Map<TopicPartition, OffsetCommits.Place> named = new HashMap<>();
    places.forEach(
        (partition, place) ->
            named.put(partition, new OffsetCommits.Place(place, tenure(partition))));
    return named;
  }

  private Optional<Tenure> tenure(TopicPartition partition) {
    Optional<Tenure> tenure = rebalances.tenure(partition);
    if (subscribed && tenure.isEmpty()) {
      throw new IllegalStateException(partition + " is not assigned");
    }
    return tenure;
  }

  /** See {@link io.millrace.client.api.Consumer#committed}. */
  Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions) {
    Map<TopicIdPartition, TopicPartition> ids = new HashMap<>();
    for (TopicPartition partition : partitions) {
      TopicIdPartition id =
          rebalances
              .tenure(partition)
              .map(Tenure::partition)
              .orElseGet(() -> offsets.id(partition, patience()));
      ids.put(id, partition);
    }
    Map<TopicPartition, OffsetAndMetadata> found = new HashMap<>();
    if (!ids.isEmpty()) {
      offsets
          .find(ids.keySet(), patience())
          .forEach(
              (id, at) ->
                  Optional.ofNullable(ids.get(id)).ifPresent(p -> found.put(p, at.offset())));
    }
    return found;
  }

  private void runCallbacks() {
    boolean outer = inCall;
    inCall = true;
    try {
      commits.runCallbacks();
    } finally {
      inCall = outer;
    }
  }

  private void refuseInCall(String what) {
    if (inCall) {
      throw new IllegalStateException(what + " in a listener or callback of the consumer");
    }
  }

  private Duration patience() {
    return Duration.ofMillis(patienceMs());
  }

  private long patienceMs() {
    return Math.max(
        1, Math.min(cluster.config().requestTimeout().toMillis(), closeDeadlineMs - now()));
  }

  private Duration left(long deadlineMs) {
    return Duration.ofMillis(Math.max(1, deadlineMs - now()));
  }

  private void warnUnlessDone(Future<Boolean> done) {
    try {
      await(done, now() + patienceMs());
    } catch (MillraceException e) {
      warn(e);
    }
  }

  /** Waits, whatever comes of it. */
  private void awaitUntil(Future<Boolean> done, long deadlineMs) {
    try {
      await(done, deadlineMs);
    } catch (MillraceException e) {
      // Told to whoever asked for it, or the session's end does it.
    }
  }

  private void await(Future<Boolean> done, long deadlineMs) {
    try {
      done.get(Math.max(1, deadlineMs - now()), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof MillraceException known) {
        throw known;
      }
      throw new MillraceException(ErrorCode.INTERNAL, "the client failed: " + e.getCause());
    } catch (TimeoutException e) {
      throw new MillraceException(
          ErrorCode.REQUEST_TIMED_OUT,
          "the coordinator of group " + config.groupId() + " did not answer in time");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MillraceException(ErrorCode.UNAVAILABLE, "interrupted while waiting");
    }
  }

  private long now() {
    return cluster.clock().monotonicMs();
  }
}
