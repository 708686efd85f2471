package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerMetrics;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.OffsetAndMetadata;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.EpochEndOffset;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/**
 * Reads partitions over fetch streams. Confined to the consumer's thread, but for {@link #wakeup},
 * {@link #metrics} and the queue that the network and the helper thread fill. Only the wait for
 * that queue blocks.
 */
final class PartitionReader implements SubscriptionLookUps.Owner {
  /** What a poll does besides, while it has no records in hand. */
  interface PollWork {
    /** Does what is to be done now. */
    void run();

    /** Finds out what partitions need to begin, and puts it off if it must be waited for. */
    void ask(Collection<Subscription> unsettled);

    /**
     * When there is something to do: now, if there is already; {@code Long.MAX_VALUE} for never by
     * time alone.
     */
    long dueMs();
  }

  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final SubscriptionLookUps lookUps;
  private final ConsumerCounters counters = new ConsumerCounters();
  private final ConsumerStreams streams;
  private final FollowerProbes probes;
  private final ReadPlaces places;
  private final RecordHandOut handOut;
  private final PausedMessages pausedMessages;
  private final ResetPolicy reset;

  private final FetchEvents events = new FetchEvents();

  /** Changed by whoever is inside, read by any thread. */
  private final Map<TopicPartition, Subscription> subscriptions = new ConcurrentHashMap<>();

  /** Those that a poll has to do something for: not all, as there may be thousands. */
  private final Set<Subscription> unsettled = new LinkedHashSet<>();

  /** Why the last look-up of starts failed; told once. */
  private Optional<MillraceException> startsUnknown = Optional.empty();

  /** Whether a nudge is among the events. */
  private final AtomicBoolean nudged = new AtomicBoolean();

  /** The number of the present poll, or of the last one. */
  private long polls;

  /**
   * @param helper runs what blocks
   */
  PartitionReader(
      ConsumerConfig config,
      ClusterClient cluster,
      MetadataCache metadata,
      OffsetLookup offsets,
      Executor helper) {
    this.cluster = cluster;
    this.metadata = metadata;
    this.reset = new ResetPolicy(config.offsetReset(), cluster.clock());
    Questions questions = new FetchQuestions(helper, events::add);
    this.lookUps = new SubscriptionLookUps(cluster, metadata, offsets, questions, unsettled, this);
    this.probes = new FollowerProbes(cluster, questions);
    this.streams = new ConsumerStreams(config, cluster, counters, events::add);
    this.places = new ReadPlaces(config, cluster, metadata);
    this.handOut = new RecordHandOut(config, counters, () -> polls, this::unreadable);
    this.pausedMessages =
        new PausedMessages(config.creditBytes() / 2, FetchConnection.MESSAGES_AHEAD / 2);
  }

  ResetPolicy reset() {
    return reset;
  }

  /** There is something to do for a poll that waits. Any thread. */
  void nudge() {
    if (nudged.compareAndSet(false, true)) {
      events.add(new FetchEvent.Answered(() -> nudged.set(false)));
    }
  }

  /** See {@link Consumer#assign}. */
  void assign(TopicPartition partition, OffsetSpec from) {
    Subscription known = subscriptions.get(partition);
    if (known == null) {
      add(partition, from);
    } else {
      move(known, from);
    }
  }

  /** Adds a partition that a group gave: it starts where {@link PollWork#ask} finds out. */
  void assignFromGroup(TopicPartition partition, UUID topic) {
    add(partition, OffsetSpec.earliest()).startAtCommitted(topic);
  }

  private Subscription add(TopicPartition partition, OffsetSpec from) {
    Subscription added =
        new Subscription(
            partition, from, cluster.newLeaderBackoff(), places.atLeader(), streams.newSilence());
    subscriptions.put(partition, added);
    unsettled.add(added);
    return added;
  }

  void unassign(TopicPartition partition) {
    Subscription subscription = assigned(partition);
    forget(subscription);
    subscription.leaveStream();
    subscriptions.remove(partition);
    unsettled.remove(subscription);
  }

  void seek(TopicPartition partition, OffsetSpec place) {
    move(assigned(partition), place);
  }

  Set<TopicPartition> assignment() {
    return Set.copyOf(subscriptions.keySet());
  }

  void pause(TopicPartition partition) {
    Subscription subscription = assigned(partition);
    if (!subscription.paused()) {
      subscription.pause(true);
      handOut.takeBack(subscription).ifPresent(data -> keep(subscription, data));
    }
  }

  void resume(TopicPartition partition) {
    Subscription subscription = assigned(partition);
    if (subscription.paused()) {
      subscription.pause(false);
      pausedMessages.resume(subscription);
      streams.heard(subscription, now());
      unsettled.add(subscription);
    }
  }

  Set<TopicPartition> paused() {
    return subscriptions.values().stream()
        .filter(Subscription::paused)
        .map(Subscription::partition)
        .collect(Collectors.toUnmodifiableSet());
  }

  long position(TopicPartition partition) {
    return assigned(partition).position();
  }

  OptionalLong lag(TopicPartition partition) {
    return assigned(partition).lag();
  }

  Optional<MillraceException> trouble() {
    return subscriptions.values().stream().flatMap(s -> s.trouble().stream()).findFirst();
  }

  /** The place up to which a partition is processed: see {@link Subscription#processed}. */
  Optional<OffsetAndMetadata> processed(TopicPartition partition) {
    return assigned(partition).processed(polls);
  }

  /** The place up to which records of a partition were returned. */
  Optional<OffsetAndMetadata> handedOut(TopicPartition partition) {
    return assigned(partition).handedOut();
  }

  /** Any thread. */
  ConsumerMetrics metrics() {
    Map<TopicPartition, ConsumerMetrics.Partition> partitions = new HashMap<>();
    subscriptions.forEach((partition, s) -> partitions.put(partition, s.metrics()));
    return new ConsumerMetrics(
        counters.records.get(),
        counters.bytes.get(),
        counters.batches.get(),
        counters.polls.get(),
        counters.reconnects.get(),
        counters.crcFailures.get(),
        counters.corruptBatches.get(),
        streams.count(),
        streams.bufferedBytes(),
        streams.creditBytes(),
        partitions);
  }

  /** See {@link Consumer#poll}. */
  List<ConsumerRecord> poll(Duration timeout, PollWork work) {
    List<ConsumerRecord> records = new ArrayList<>();
    polls++;
    poll(timeout, records, work);
    counters.polls.incrementAndGet();
    counters.records.addAndGet(records.size());
    return records;
  }

  private void poll(Duration timeout, List<ConsumerRecord> records, PollWork work) {
    long deadline = now() + Timeouts.millis(timeout);
    while (true) {
      // First: what has failed keeps no other partition from being given up.
      work.run();
      throwReport();
      throwFailure();
      lookAfterSilence();
      askLeadersAgain();
      work.ask(unsettled);
      lookUps.askForStarts();
      lookUps.findLeaders(now());
      lookUps.askForLeaders();
      unsettled.removeIf(Subscription::settled);
      if (!takeEvents(records, 0) || !records.isEmpty()) {
        return;
      }
      throwReport();
      throwFailure();
      lookUps.askForLeaders();
      if (!await(deadline, records, work) || !records.isEmpty() || now() >= deadline) {
        return;
      }
    }
  }

  /** Waits for one event, if there is time; false after a wake-up. */
  private boolean await(long deadline, List<ConsumerRecord> records, PollWork work) {
    long now = now();
    long next = Math.min(nextRetryMs(), Math.min(places.nextReviewMs(), streams.silentAtMs()));
    long wait = Math.min(deadline, Math.max(now, Math.min(next, work.dueMs()))) - now;
    return wait <= 0 || takeEvents(records, wait);
  }

  /** Ends the poll that waits, or the next one. Any thread. */
  void wakeup() {
    events.wake();
  }

  /** Nobody polls, and nobody will. */
  void end() {
    streams.close();
    subscriptions.clear();
    unsettled.clear();
    events.clear();
    handOut.clear();
    pausedMessages.clear();
  }

  private void move(Subscription subscription, OffsetSpec place) {
    forget(subscription);
    subscription.moveTo(place);
    unsettled.add(subscription);
  }

  /** Drops what came in, and what is still under way. */
  private void forget(Subscription subscription) {
    streams.forget(subscription);
    handOut.drop(subscription);
    pausedMessages.drop(subscription);
  }

  private Subscription assigned(TopicPartition partition) {
    Subscription subscription = subscriptions.get(partition);
    if (subscription == null) {
      throw new IllegalStateException(partition + " is not assigned");
    }
    return subscription;
  }

  /**
   * Takes what is there, or waits for one event, until there are enough records.
   *
   * @return false after a wake-up
   */
  private boolean takeEvents(List<ConsumerRecord> records, long waitMs) {
    long wait = waitMs;
    while (!handOut.moveTo(records)) {
      Optional<FetchEvent.Data> resumed = pausedMessages.next();
      if (resumed.isPresent()) {
        take(resumed.get());
        continue;
      }
      Optional<FetchEvent> event = events.next(wait);
      if (event.isEmpty()) {
        return true;
      }
      // What follows is what is there already.
      wait = 0;
      if (!take(event.get())) {
        return false;
      }
    }
    return true;
  }

  /** False for a wake-up. */
  private boolean take(FetchEvent event) {
    if (event instanceof FetchEvent.Data data) {
      take(data);
    } else if (event instanceof FetchEvent.Ended ended) {
      streams.ended(ended.connection()).forEach(s -> trouble(s, ended.cause()));
    } else if (event instanceof FetchEvent.Answered answered) {
      answered.then().run();
    } else {
      return false;
    }
    return true;
  }

  private void take(FetchEvent.Data event) {
    FetchMessage message = event.message();
    Optional<Subscription> known = streams.find(message.subscriptionId());
    if (known.isEmpty()) {
      event.done();
      return;
    }
    Subscription subscription = known.get();
    streams.heard(subscription, event.receivedMs());
    Optional<MillraceException> error =
        message.standing().error().map(e -> GrpcErrors.fromProto(e).exception());
    if (error.isPresent()) {
      event.done();
      forget(subscription);
      refused(subscription, error.get());
      return;
    }
    Optional<MillraceException> misfit = subscription.misfit(message.standing());
    if (misfit.isPresent()) {
      event.done();
      unreadable(subscription, misfit.get());
      return;
    }
    int betterReplica = message.standing().preferredReadReplica();
    if (betterReplica > 0) {
      event.done();
      sentTo(subscription, betterReplica);
      return;
    }
    Optional<EpochEndOffset> diverging = message.standing().divergingEpoch();
    if (diverging.isPresent()) {
      event.done();
      forget(subscription);
      truncated(subscription, diverging.get());
      return;
    }
    subscription.healthy();
    subscription.told(message.standing().highWatermark());
    if (message.recordBytes() == 0) {
      event.done();
    } else if (subscription.paused()) {
      keep(subscription, event);
    } else {
      handOut.begin(subscription, event);
    }
  }

  /** For later, as it is paused; without room it leaves the stream, and reads it again then. */
  private void keep(Subscription subscription, FetchEvent.Data event) {
    if (!pausedMessages.keep(subscription, event)) {
      event.done();
      forget(subscription);
      subscription.leaveStream();
    }
  }

  /** The leader ended the subscription for a better place. */
  private void sentTo(Subscription subscription, int nodeId) {
    forget(subscription);
    subscription.ended();
    unsettled.add(subscription);
    places
        .sentTo(subscription, nodeId, now())
        .ifPresent(notKnown -> trouble(subscription, notKnown));
  }

  /**
   * Whatever a follower says: what is true of the partition, the leader knows. Who that is is asked
   * first: what ended the follower may have ended its leader too, and brokers may have moved.
   */
  private void backToLeader(Subscription subscription) {
    Optional<BrokerAddress> follower = subscription.place().follower();
    subscription.ended();
    places.failed(subscription, now());
    unsettled.add(subscription);
    lookUps.waitForLeader(subscription, follower);
  }

  /** Those that have read at one place for long enough, or whose follower may be well again. */
  private void askLeadersAgain() {
    for (Subscription subscription : places.due(subscriptions.values(), now())) {
      forget(subscription);
      subscription.leaveStream();
      subscription.place().askLeader();
      unsettled.add(subscription);
    }
  }

  private void refused(Subscription subscription, MillraceException e) {
    if (subscription.place().atFollower()) {
      backToLeader(subscription);
      return;
    }
    boolean gone =
        e.code() == ErrorCode.OFFSET_OUT_OF_RANGE || e.code() == ErrorCode.UNKNOWN_TOPIC_ID;
    Optional<OffsetSpec> place = gone ? reset.place() : Optional.empty();
    if (isLeftToGroup(subscription, e)) {
      metadata.forget(subscription.partition().topic());
      tryAgain(subscription, e);
    } else if (place.isPresent()) {
      if (e.code() == ErrorCode.UNKNOWN_TOPIC_ID) {
        metadata.forget(subscription.partition().topic());
      }
      subscription.moveAfterPause(place.get(), now(), e);
      unsettled.add(subscription);
    } else if (e.code() == ErrorCode.CORRUPT_BATCH) {
      subscription.fail(CorruptBatches.served(subscription, e.error()).exception());
      unsettled.add(subscription);
    } else {
      trouble(subscription, e);
    }
  }

  /** Records that were read are gone: whoever is to go on does so where the logs part. */
  private void truncated(Subscription subscription, EpochEndOffset end) {
    if (subscription.place().atFollower()) {
      backToLeader(subscription);
      return;
    }
    MillraceException lost = subscription.truncated(end);
    if (reset.place().isEmpty()) {
      subscription.fail(lost);
    } else {
      subscription.moveAfterPause(OffsetSpec.offset(subscription.partsAt(end)), now(), lost);
    }
    unsettled.add(subscription);
  }

  /** A batch came in bytes that can't be read. */
  private void unreadable(Subscription subscription, MillraceException e) {
    forget(subscription);
    subscription.leaveStream();
    if (subscription.place().atFollower()) {
      backToLeader(subscription);
    } else {
      subscription.fail(e);
      unsettled.add(subscription);
    }
  }

  @Override
  public void leadersKnown(Subscription subscription, TopicView topic) {
    if (subscription.paused()) {
      return;
    }
    if (!subscription.isOf(topic.id())) {
      refused(subscription, subscription.otherTopic());
      return;
    }
    try {
      streams.join(subscription, topic);
    } catch (MillraceException e) {
      trouble(subscription, e);
    }
  }

  /**
   * A machine that goes silent breaks no connection. Others may know that it leads no more; whether
   * a follower is there, only itself can tell.
   */
  private void lookAfterSilence() {
    long untilMs = events.takenUntilMs(now());
    for (Subscription subscription : streams.takeSilent(untilMs)) {
      FetchConnection stream = subscription.connection().orElseThrow();
      if (!subscription.place().atFollower()) {
        lookUps.doubtLeader(subscription, stream.broker());
      } else if (streams.isSilent(stream, untilMs)) {
        probes.ask(stream, this::leaveFollower);
      }
    }
  }

  private void leaveFollower(FetchConnection stream) {
    for (Subscription subscription : streams.readAtFollower(stream)) {
      forget(subscription);
      subscription.leaveStream();
      backToLeader(subscription);
    }
  }

  /** Whoever is on a stream of a broker that does not lead its partition any more leaves it. */
  @Override
  public void leadersTold(Set<String> topics) {
    for (Subscription subscription : streams.readAtLeaders(topics)) {
      Optional<TopicView> topic = metadata.known(subscription.partition().topic());
      if (topic.filter(subscription::isLedElsewhere).isPresent()) {
        forget(subscription);
        subscription.leaveStream();
        unsettled.add(subscription);
        leadersKnown(subscription, topic.get());
      }
    }
  }

  @Override
  public void leadersUnknown(Subscription subscription, MillraceException why) {
    trouble(subscription, why);
  }

  @Override
  public void startsUnknown(MillraceException why) {
    startsUnknown = Optional.of(why);
  }

  /**
   * Tries again what can be tried again; else stops. What lasts as long as a request may take is
   * reported, but not from here: records may be in hand, and other subscriptions lost as well.
   */
  private void trouble(Subscription subscription, MillraceException e) {
    pausedMessages.drop(subscription);
    if (subscription.place().atFollower()) {
      backToLeader(subscription);
      return;
    }
    if (isLeftToGroup(subscription, e)) {
      metadata.forget(subscription.partition().topic());
    } else if (!e.code().retriable() || e.code() == ErrorCode.UNKNOWN_TOPIC) {
      unsettled.add(subscription);
      metadata.forget(subscription.partition().topic());
      subscription.fail(e);
      return;
    }
    tryAgain(subscription, e);
  }

  /** Topics come and go: the group gives their partitions, and takes them away. */
  private static boolean isLeftToGroup(Subscription subscription, MillraceException e) {
    return subscription.isOfGroup()
        && (e.code() == ErrorCode.UNKNOWN_TOPIC || e.code() == ErrorCode.UNKNOWN_TOPIC_ID);
  }

  private void tryAgain(Subscription subscription, MillraceException e) {
    unsettled.add(subscription);
    long now = now();
    subscription.lost(now, e);
    if (subscription.troubledMs(now) >= cluster.config().requestTimeout().toMillis()) {
      subscription.report(e, now);
    }
  }

  /** Only while no records are in hand. */
  private void throwReport() {
    Optional<MillraceException> unknown = startsUnknown;
    startsUnknown = Optional.empty();
    if (unknown.isPresent()) {
      throw unknown.get();
    }
    Optional<MillraceException> report =
        unsettled.stream().flatMap(s -> s.report().stream()).findFirst();
    if (report.isPresent()) {
      unsettled.forEach(s -> s.reported(report.get()));
      throw report.get();
    }
  }

  private void throwFailure() {
    for (Subscription subscription : unsettled) {
      if (subscription.failure().isPresent()) {
        throw subscription.failure().get();
      }
    }
  }

  private long nextRetryMs() {
    long next = Long.MAX_VALUE;
    for (Subscription subscription : unsettled) {
      next = Math.min(next, subscription.retryAtMs());
    }
    return next;
  }

  private long now() {
    return cluster.clock().monotonicMs();
  }
}
