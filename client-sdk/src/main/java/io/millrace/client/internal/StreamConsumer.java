package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.SubscribePartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The consumer over fetch streams, one for each broker that leads an assigned partition. Confined
 * to the application's thread, but for {@link #wakeup} and the queue that the network fills.
 */
final class StreamConsumer implements Consumer {
  private final ConsumerConfig config;
  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final OffsetLookup offsets;

  /** Bounded by the streams' credits and their bound on messages. */
  private final LinkedBlockingQueue<FetchEvent> events = new LinkedBlockingQueue<>();

  private final Map<TopicPartition, Subscription> subscriptions = new LinkedHashMap<>();
  private final Map<Long, Subscription> byId = new HashMap<>();
  private final Map<BrokerAddress, FetchConnection> connections = new HashMap<>();
  private long lastId;
  private Optional<Reading> reading = Optional.empty();

  /** The message whose records are being handed out. */
  private record Reading(Subscription subscription, FetchEvent.Data event, BatchDecoder records) {}

  StreamConsumer(
      ConsumerConfig config, ClusterClient cluster, MetadataCache metadata, OffsetLookup offsets) {
    this.config = config;
    this.cluster = cluster;
    this.metadata = metadata;
    this.offsets = offsets;
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
    dropReading(subscription);
    byId.remove(subscription.id());
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
  public List<ConsumerRecord> poll(Duration timeout) {
    long deadline = now() + timeout.toMillis();
    List<ConsumerRecord> records = new ArrayList<>();
    throwReport();
    while (true) {
      findStarts();
      joinStreams();
      if (!takeEvents(records, 0)) {
        return records;
      }
      if (!records.isEmpty()) {
        return records;
      }
      throwReport();
      throwFailure();
      long wait = Math.min(deadline, nextRetryMs()) - now();
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
    connections.values().forEach(FetchConnection::close);
    connections.clear();
    subscriptions.clear();
    byId.clear();
    reading = Optional.empty();
  }

  private void move(Subscription subscription, OffsetSpec place) {
    dropReading(subscription);
    byId.remove(subscription.id());
    subscription.moveTo(place);
  }

  private Subscription assigned(TopicPartition partition) {
    Subscription subscription = subscriptions.get(partition);
    if (subscription == null) {
      throw new IllegalStateException(partition + " is not assigned");
    }
    return subscription;
  }

  private void findStarts() {
    Map<TopicPartition, OffsetSpec> open = new HashMap<>();
    for (Subscription subscription : subscriptions.values()) {
      subscription.start().ifPresent(place -> open.put(subscription.partition(), place));
    }
    if (!open.isEmpty()) {
      offsets
          .find(open, cluster.config().requestTimeout())
          .forEach((partition, offset) -> assigned(partition).startsAt(offset));
    }
  }

  private void joinStreams() {
    long now = now();
    for (Subscription subscription : subscriptions.values()) {
      if (subscription.waitsForStream(now)) {
        try {
          join(subscription);
        } catch (MillraceException e) {
          trouble(subscription, e);
        }
      }
    }
  }

  private void join(Subscription subscription) {
    TopicPartition partition = subscription.partition();
    Duration timeout = cluster.config().connectTimeout();
    TopicView topic =
        subscription.troubledMs(now()) > 0
            ? metadata.refresh(partition.topic(), timeout)
            : metadata.topic(partition.topic(), timeout);
    PartitionView view = Leaders.partition(topic, partition);
    BrokerAddress leader = view.leader().orElseThrow(() -> Leaders.none(partition));
    FetchConnection connection =
        connections.computeIfAbsent(
            leader, broker -> FetchConnection.open(broker, config, cluster, events::add));
    long id = ++lastId;
    subscription.joined(connection, id);
    byId.put(id, subscription);
    connection.subscribe(
        SubscribePartition.newBuilder()
            .setSubscriptionId(id)
            .setPartition(
                FetchPartition.newBuilder()
                    .setTopicId(Uuids.toBytes(topic.id()))
                    .setPartition(partition.partition())
                    .setFetchOffset(subscription.position())
                    .setCurrentLeaderEpoch(view.leaderEpoch())
                    .setLastFetchedEpoch(-1)
                    .setMaxBytes(config.maxFetchBytes()))
            .build());
  }

  /**
   * Takes what is there, or waits for one event, until there are enough records.
   *
   * @return false after a wake-up
   */
  private boolean takeEvents(List<ConsumerRecord> records, long waitMs) {
    long wait = waitMs;
    while (!handOut(records)) {
      Optional<FetchEvent> event = nextEvent(wait);
      if (event.isEmpty()) {
        return true;
      }
      wait = 0;
      FetchEvent found = event.get();
      if (found instanceof FetchEvent.Data data) {
        take(data);
      } else if (found instanceof FetchEvent.Ended ended) {
        ended(ended);
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

  /** Moves records of the message being read to the caller; true when it has enough. */
  private boolean handOut(List<ConsumerRecord> records) {
    if (reading.isEmpty()) {
      return false;
    }
    Reading current = reading.get();
    while (records.size() < config.maxPollRecords()) {
      Optional<ConsumerRecord> next;
      try {
        next = current.records().next();
      } catch (MillraceException e) {
        finishReading(current);
        byId.remove(current.subscription().id());
        current.subscription().leaveStream();
        current.subscription().fail(e);
        return false;
      }
      current.subscription().advanceTo(current.records().position());
      if (next.isEmpty()) {
        finishReading(current);
        return false;
      }
      records.add(next.get());
    }
    return true;
  }

  private void finishReading(Reading current) {
    current.event().connection().done(current.event().response());
    reading = Optional.empty();
  }

  private void dropReading(Subscription subscription) {
    if (reading.isPresent() && reading.get().subscription() == subscription) {
      finishReading(reading.get());
    }
  }

  private void take(FetchEvent.Data event) {
    FetchStreamResponse response = event.response();
    Subscription subscription = byId.get(response.getSubscriptionId());
    if (subscription == null) {
      event.connection().done(response);
      return;
    }
    if (response.getData().hasError()) {
      event.connection().done(response);
      byId.remove(response.getSubscriptionId());
      refused(subscription, GrpcErrors.fromProto(response.getData().getError()).exception());
      return;
    }
    subscription.healthy();
    if (response.getData().getRecords().isEmpty()) {
      event.connection().done(response);
    } else {
      BatchDecoder decoder =
          new BatchDecoder(
              subscription.partition(),
              response.getData().getRecords(),
              subscription.position(),
              config.maxDecompressedBytes());
      reading = Optional.of(new Reading(subscription, event, decoder));
    }
  }

  private void refused(Subscription subscription, MillraceException e) {
    if (e.code() == ErrorCode.OFFSET_OUT_OF_RANGE
        && config.outOfRange() != ConsumerConfig.OutOfRange.FAIL) {
      boolean earliest = config.outOfRange() == ConsumerConfig.OutOfRange.EARLIEST;
      subscription.lost(now());
      subscription.moveTo(earliest ? OffsetSpec.earliest() : OffsetSpec.latest());
    } else {
      trouble(subscription, e);
    }
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
    subscription.lost(now);
    if (subscription.troubledMs(now) >= cluster.config().requestTimeout().toMillis()) {
      subscription.report(e, now);
    }
  }

  /** Only while no records are in hand. */
  private void throwReport() {
    Optional<MillraceException> report =
        subscriptions.values().stream().flatMap(s -> s.report().stream()).findFirst();
    if (report.isPresent()) {
      subscriptions.values().forEach(s -> s.reported(report.get()));
      throw report.get();
    }
  }

  private void ended(FetchEvent.Ended event) {
    FetchConnection connection = event.connection();
    connection.markEnded();
    connections.remove(connection.broker(), connection);
    cluster.channels().dialNow(connection.broker());
    for (Subscription subscription : subscriptions.values()) {
      if (subscription.connection().filter(c -> c == connection).isPresent()) {
        byId.remove(subscription.id());
        trouble(subscription, event.cause());
      }
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
