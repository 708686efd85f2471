package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.SubscribePartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * A consumer's fetch streams, one for each broker that assigned partitions are read at, and which
 * subscription is on which. Confined to the consumer's thread.
 */
final class ConsumerStreams {
  /**
   * What is told nothing of for so long is asked about: so a broker that went silent is left soon.
   */
  private static final Duration SILENCE = Duration.ofSeconds(2);

  /** So often, in the end: as a rule nobody writes to what is silent for long. */
  private static final Duration LONG_SILENCE = Duration.ofSeconds(10);

  private final ConsumerConfig config;
  private final ClusterClient cluster;
  private final FetchConnection.Wire wire;
  private final ConsumerCounters counters;
  private final Map<Long, Subscription> byId = new HashMap<>();

  /** Changed by the consumer's thread, read by any. */
  private final Map<BrokerAddress, FetchConnection> connections = new ConcurrentHashMap<>();

  /** Not after any of those that are read is due by its silence. */
  private long silentAtMs = Long.MAX_VALUE;

  private long lastId;

  /**
   * @param sink takes what the network tells, on any thread
   */
  ConsumerStreams(
      ConsumerConfig config,
      ClusterClient cluster,
      ConsumerCounters counters,
      Consumer<FetchEvent> sink) {
    this.config = config;
    this.cluster = cluster;
    this.counters = counters;
    this.wire = FetchConnection.Wire.of(new ArrayPool(config.creditBytes()), sink, this::now);
  }

  /** The silence of a new subscription. */
  LeaderSilence newSilence() {
    return cluster.newLeaderSilence(SILENCE, LONG_SILENCE);
  }

  /** The subscription of that number, if it is still on its stream. */
  Optional<Subscription> find(long id) {
    return Optional.ofNullable(byId.get(id));
  }

  /**
   * Puts a subscription on the stream of its leader, or of the follower that it was sent to.
   *
   * @throws MillraceException if the partition does not exist or has no leader
   */
  void join(Subscription subscription, TopicView topic) {
    TopicPartition partition = subscription.partition();
    PartitionView view = Leaders.partition(topic, partition);
    BrokerAddress place =
        subscription.place().follower().or(view::leader).orElseThrow(() -> Leaders.none(view));
    FetchConnection connection =
        connections.computeIfAbsent(
            place,
            broker ->
                FetchConnection.open(broker, config, cluster.channels().channel(broker), wire));
    long id = ++lastId;
    subscription.joined(connection, id, topic.id());
    byId.put(id, subscription);
    heard(subscription, now());
    connection.subscribe(
        SubscribePartition.newBuilder()
            .setSubscriptionId(id)
            .setStay(subscription.place().staysAtLeader())
            .setPartition(
                FetchPartition.newBuilder()
                    .setTopicId(Uuids.toBytes(topic.id()))
                    .setPartition(partition.partition())
                    .setFetchOffset(subscription.position())
                    .setCurrentLeaderEpoch(view.leaderEpoch())
                    .setLastFetchedEpoch(subscription.lastFetchedEpoch())
                    .setMaxBytes(config.maxFetchBytes()))
            .build());
  }

  /** What is still under way for a subscription is dropped from now on. */
  void forget(Subscription subscription) {
    byId.remove(subscription.id());
  }

  /** Something was told of a subscription, or is expected from now on. */
  void heard(Subscription subscription, long atMs) {
    subscription.silence().heard(atMs);
    silentAtMs = Math.min(silentAtMs, subscription.silence().dueMs());
  }

  /** When {@link #takeSilent} may have something; {@code Long.MAX_VALUE} for never. */
  long silentAtMs() {
    return silentAtMs;
  }

  /**
   * Those that are read and were told nothing of for too long; each again if that goes on. One
   * partition that is served does not hide another one on its stream: a broker that is cut off from
   * the others may lead the one still, and the other no more.
   *
   * @param untilMs all that came before was told
   */
  List<Subscription> takeSilent(long untilMs) {
    if (untilMs < silentAtMs) {
      return List.of();
    }
    silentAtMs = Long.MAX_VALUE;
    List<Subscription> silent = new ArrayList<>();
    for (Subscription subscription : byId.values()) {
      LeaderSilence silence = subscription.silence();
      if (!subscription.paused()) {
        if (silence.isAlmostDue(untilMs)) {
          silent.add(subscription);
          silence.confirmed(now());
        }
        silentAtMs = Math.min(silentAtMs, silence.dueMs());
      }
    }
    return silent;
  }

  /**
   * Whether nothing came on a stream for so long that its broker may be gone: as long as {@link
   * #takeSilent} waits, since what it took comes again only after a pause. If the stream was heard
   * later, so was another subscription on it, which becomes due by itself.
   */
  boolean isSilent(FetchConnection stream, long untilMs) {
    return untilMs - stream.heardMs() >= LeaderSilence.almost(SILENCE.toMillis());
  }

  /** The subscriptions that are on a stream of a broker that follows. */
  List<Subscription> readAtFollower(FetchConnection stream) {
    return byId.values().stream()
        .filter(each -> each.place().atFollower())
        .filter(each -> each.connection().filter(c -> c == stream).isPresent())
        .toList();
  }

  /** The subscriptions to these topics that are on a stream of their leader, as far as is known. */
  List<Subscription> readAtLeaders(Set<String> topics) {
    return byId.values().stream()
        .filter(each -> !each.paused() && !each.place().atFollower())
        .filter(each -> topics.contains(each.partition().topic()))
        .toList();
  }

  private long now() {
    return cluster.clock().monotonicMs();
  }

  /** A stream is over; returns the subscriptions that were on it. */
  List<Subscription> ended(FetchConnection connection) {
    connection.markEnded();
    if (connections.remove(connection.broker(), connection)) {
      counters.reconnects.incrementAndGet();
    }
    cluster.channels().dialNow(connection.broker());
    List<Subscription> lost = new ArrayList<>();
    for (Subscription subscription : List.copyOf(byId.values())) {
      if (subscription.connection().filter(c -> c == connection).isPresent()) {
        byId.remove(subscription.id());
        lost.add(subscription);
      }
    }
    return lost;
  }

  /** How many are open. Any thread. */
  int count() {
    return connections.size();
  }

  /** What came in over open streams and is not done with. Any thread. */
  long bufferedBytes() {
    return connections.values().stream().mapToLong(FetchConnection::bufferedBytes).sum();
  }

  /** What the brokers may still send. Any thread. */
  long creditBytes() {
    return connections.values().stream().mapToLong(FetchConnection::creditBytes).sum();
  }

  void close() {
    connections.values().forEach(FetchConnection::close);
    connections.clear();
    byId.clear();
  }
}
