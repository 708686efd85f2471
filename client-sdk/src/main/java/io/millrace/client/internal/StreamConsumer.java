package io.millrace.client.internal;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.FetchStreamResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The consumer over fetch streams. Confined to the application's thread, but for {@link #wakeup}
 * and the queue that the network and the helper thread fill. Only the wait for that queue blocks.
 */
final class StreamConsumer implements Consumer, SubscriptionLookUps.Owner {
  private final ConsumerConfig config;
  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final SubscriptionLookUps lookUps;
  private final ConsumerStreams streams;
  private final RecordHandOut handOut;

  /** Bounded by the streams' credits and their bound on messages. */
  private final LinkedBlockingQueue<FetchEvent> events = new LinkedBlockingQueue<>();

  private final Map<TopicPartition, Subscription> subscriptions = new LinkedHashMap<>();

  /** Why the last look-up of starts failed; told once. */
  private Optional<MillraceException> startsUnknown = Optional.empty();

  /**
   * @param helper runs what blocks
   */
  StreamConsumer(
      ConsumerConfig config,
      ClusterClient cluster,
      MetadataCache metadata,
      OffsetLookup offsets,
      Executor helper) {
    this.config = config;
    this.cluster = cluster;
    this.metadata = metadata;
    this.lookUps = new SubscriptionLookUps(cluster, metadata, offsets, helper, events::add, this);
    this.streams = new ConsumerStreams(config, cluster, events::add);
    this.handOut = new RecordHandOut(config, this::unreadable);
  }

  @Override
  public void assign(TopicPartition partition, OffsetSpec from) {
    Subscription known = subscriptions.get(partition);
    if (known == null) {
      subscriptions.put(partition, new Subscription(partition, from, cluster.newBackoff()));
    } else {
      move(known, from);
    }
  }

  @Override
  public void unassign(TopicPartition partition) {
    Subscription subscription = assigned(partition);
    handOut.drop(subscription);
    streams.forget(subscription);
    subscription.leaveStream();
    subscriptions.remove(partition);
  }

  @Override
  public void seek(TopicPartition partition, long offset) {
    move(assigned(partition), OffsetSpec.offset(offset));
  }

  @Override
  public Set<TopicPartition> assignment() {
    return Set.copyOf(subscriptions.keySet());
  }

  @Override
  public long position(TopicPartition partition) {
    return assigned(partition).position();
  }

  @Override
  public Optional<MillraceException> trouble() {
    return subscriptions.values().stream().flatMap(s -> s.trouble().stream()).findFirst();
  }

  @Override
  public List<ConsumerRecord> poll(Duration timeout) {
    long deadline = now() + timeout.toMillis();
    List<ConsumerRecord> records = new ArrayList<>();
    throwReport();
    while (true) {
      lookUps.askForStarts(subscriptions.values());
      lookUps.findLeaders(subscriptions.values(), now());
      if (!takeEvents(records, 0)) {
        return records;
      }
      if (!records.isEmpty()) {
        return records;
      }
      throwReport();
      throwFailure();
      long now = now();
      long wait = Math.min(deadline, Math.max(now, nextRetryMs())) - now;
      if (wait > 0 && !takeEvents(records, wait)) {
        return records;
      }
      if (!records.isEmpty() || now() >= deadline) {
        return records;
      }
    }
  }

  @Override
  public void wakeup() {
    events.add(new FetchEvent.Woken());
  }

  @Override
  public void close() {
    subscriptions.values().forEach(handOut::drop);
    streams.close();
    subscriptions.clear();
  }

  private void move(Subscription subscription, OffsetSpec place) {
    handOut.drop(subscription);
    streams.forget(subscription);
    subscription.moveTo(place);
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
      Optional<FetchEvent> event = nextEvent(wait);
      if (event.isEmpty()) {
        return true;
      }
      wait = 0;
      FetchEvent found = event.get();
      if (found instanceof FetchEvent.Data data) {
        take(data);
      } else if (found instanceof FetchEvent.Ended ended) {
        streams.ended(ended.connection()).forEach(s -> trouble(s, ended.cause()));
      } else if (found instanceof FetchEvent.Answered answered) {
        answered.then().run();
      } else {
        return false;
      }
    }
    return true;
  }

  private Optional<FetchEvent> nextEvent(long waitMs) {
    try {
      return Optional.ofNullable(
          waitMs > 0 ? events.poll(waitMs, TimeUnit.MILLISECONDS) : events.poll());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of(new FetchEvent.Woken());
    }
  }

  private void take(FetchEvent.Data event) {
    FetchStreamResponse response = event.response();
    Optional<Subscription> known = streams.find(response.getSubscriptionId());
    if (known.isEmpty()) {
      event.connection().done(response);
      return;
    }
    Subscription subscription = known.get();
    if (response.getData().hasError()) {
      event.connection().done(response);
      streams.forget(subscription);
      refused(subscription, GrpcErrors.fromProto(response.getData().getError()).exception());
      return;
    }
    subscription.healthy();
    if (response.getData().getRecords().isEmpty()) {
      event.connection().done(response);
    } else {
      handOut.begin(subscription, event);
    }
  }

  private void refused(Subscription subscription, MillraceException e) {
    if (e.code() == ErrorCode.OFFSET_OUT_OF_RANGE
        && config.outOfRange() != ConsumerConfig.OutOfRange.FAIL) {
      boolean earliest = config.outOfRange() == ConsumerConfig.OutOfRange.EARLIEST;
      subscription.lost(now(), e);
      subscription.moveTo(earliest ? OffsetSpec.earliest() : OffsetSpec.latest());
    } else if (e.code() == ErrorCode.CORRUPT_BATCH) {
      subscription.fail(CorruptBatches.served(subscription, e.error()).exception());
    } else {
      trouble(subscription, e);
    }
  }

  /** A batch came in bytes that can't be read. */
  private void unreadable(Subscription subscription, MillraceException e) {
    streams.forget(subscription);
    subscription.leaveStream();
    subscription.fail(e);
  }

  @Override
  public void leadersKnown(Subscription subscription, TopicView topic) {
    try {
      streams.join(subscription, topic);
    } catch (MillraceException e) {
      trouble(subscription, e);
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
    if (!e.code().retriable() || e.code() == ErrorCode.UNKNOWN_TOPIC) {
      metadata.forget(subscription.partition().topic());
      subscription.fail(e);
      return;
    }
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
        subscriptions.values().stream().flatMap(s -> s.report().stream()).findFirst();
    if (report.isPresent()) {
      subscriptions.values().forEach(s -> s.reported(report.get()));
      throw report.get();
    }
  }

  private void throwFailure() {
    for (Subscription subscription : subscriptions.values()) {
      if (subscription.failure().isPresent()) {
        throw subscription.failure().get();
      }
    }
  }

  private long nextRetryMs() {
    long next = Long.MAX_VALUE;
    for (Subscription subscription : subscriptions.values()) {
      next = Math.min(next, subscription.retryAtMs());
    }
    return next;
  }

  private long now() {
    return cluster.clock().monotonicMs();
  }
}
