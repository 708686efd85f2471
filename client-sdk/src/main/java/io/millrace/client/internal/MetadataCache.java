package io.millrace.client.internal;

import io.grpc.Channel;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.BrokerEndpoint;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.TopicMetadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * What is known of topics and their leaders, asked for when missing or stale. Thread-safe.
 *
 * <p>A broker may be behind. Of a partition the higher leader epoch is believed, whoever tells
 * (KIP-320), unless the topic has another id: then it was created again. A topic that one broker
 * does not know is asked for at the others, and what is known of it stays until {@link #forget}.
 *
 * <p>Topics that nobody asks for are dropped after a while, so that a client that uses ever new
 * ones does not grow: see {@link #dropIdle}.
 */
final class MetadataCache {
  /** A topic that was not used for so long may be dropped, and is after twice as long. */
  static final long IDLE_MS = 300_000;

  /** So many are kept however idle: a send from a callback can't wait until its topic is known. */
  static final int KEPT_TOPICS = 1_000;

  /** So many topics are asked for by id in one request. */
  private static final int IDS_AT_ONCE = 500;

  private final ClusterClient cluster;
  private final Map<String, Entry> topics = new ConcurrentHashMap<>();

  /** As they were told last; replaced as a whole. */
  private volatile Map<Integer, BrokerAddress> brokers = Map.of();

  /** When idle topics were dropped last. */
  private final AtomicLong swept;

  /** A topic and whether it was used since idle ones were dropped last. */
  private static final class Entry {
    private final TopicView view;
    private volatile boolean used = true;

    Entry(TopicView view) {
      this.view = view;
    }

    TopicView use() {
      // Read first: senders of many threads come here for every record.
      if (!used) {
        used = true;
      }
      return view;
    }
  }

  /** What came of a look-up; confined to its thread. */
  private static final class LookUp {
    /** Not asked for yet, or not known to the brokers asked so far; in the order of the request. */
    private final Set<String> missing;

    private final Map<String, TopicView> views = new HashMap<>();
    private final Map<String, MillraceError> errors = new HashMap<>();

    LookUp(Collection<String> names) {
      this.missing = new LinkedHashSet<>(names);
    }
  }

  MetadataCache(ClusterClient cluster) {
    this.cluster = cluster;
    this.swept = new AtomicLong(cluster.clock().monotonicMs());
  }

  /** What is known of a topic, without asking. */
  Optional<TopicView> known(String topic) {
    Entry entry = topics.get(topic);
    return entry == null ? Optional.empty() : Optional.of(entry.use());
  }

  /** Where a broker is reached, without asking. */
  Optional<BrokerAddress> broker(int nodeId) {
    return Optional.ofNullable(brokers.get(nodeId));
  }

  /** How many topics are known. */
  int size() {
    return topics.size();
  }

  /**
   * A topic, asked for if it is not known.
   *
   * @throws MillraceException {@code UNKNOWN_TOPIC}, or why no broker could tell
   */
  TopicView topic(String name, Duration timeout) {
    Optional<TopicView> view = known(name);
    return view.isPresent() ? view.get() : refresh(name, timeout);
  }

  /** The next look-up asks again, and believes whatever it is told. */
  void forget(String topic) {
    topics.remove(topic);
  }

  /**
   * Believes the hint of a broker that leads a partition no more, if the broker that it names is
   * known, and no higher leader epoch: then nobody need be asked.
   *
   * @return what is known of the topic now; empty if that is not the partition's, or lacks it
   */
  Optional<TopicView> learn(String topic, TopicIdPartition partition, LeaderHint hint) {
    Optional<BrokerAddress> leader = broker(hint.nodeId());
    Entry entry =
        topics.computeIfPresent(
            topic,
            (name, known) -> {
              boolean same = leader.isPresent() && known.view.id().equals(partition.topicId());
              return same
                  ? new Entry(known.view.ledBy(partition.partition(), leader, hint.leaderEpoch()))
                  : known;
            });
    return Optional.ofNullable(entry)
        .map(known -> known.view)
        .filter(view -> view.id().equals(partition.topicId()))
        .filter(view -> partition.partition() < view.partitions().size());
  }

  /** A topic, asked for again. */
  TopicView refresh(String name, Duration timeout) {
    LookUp lookUp = lookUp(List.of(name), timeout, Set.of());
    TopicView view = lookUp.views.get(name);
    if (view == null) {
      throw Objects.requireNonNull(lookUp.errors.get(name)).exception();
    }
    return view;
  }

  /**
   * Asks for topics again.
   *
   * @return why some of them could not be found, by name: {@code UNKNOWN_TOPIC} if no broker that
   *     answered knows it
   */
  Map<String, MillraceError> refreshAll(Collection<String> names, Duration timeout) {
    return refreshAll(names, timeout, Set.of());
  }

  /**
   * The same.
   *
   * @param askedLast brokers that may be cut off from the others: they would tell what they know
   */
  Map<String, MillraceError> refreshAll(
      Collection<String> names, Duration timeout, Set<BrokerAddress> askedLast) {
    return lookUp(names, timeout, askedLast).errors;
  }

  /**
   * Asks for topics again, but only until one of them is known: what one broker does not know may
   * take long to be asked for at the others.
   */
  void refreshSome(Collection<String> names, Duration timeout) {
    LookUp unused = lookUp(names, timeout, Set.of(), told -> !told.views.isEmpty());
  }

  /**
   * The names of topics by id, asked for; what is told of them is remembered.
   *
   * @return without those that no broker that answered knows
   */
  Map<UUID, String> names(Collection<UUID> ids, Duration timeout) {
    Map<UUID, String> names = new HashMap<>();
    List<UUID> all = List.copyOf(ids);
    for (int from = 0; from < all.size(); from += IDS_AT_ONCE) {
      List<UUID> some = all.subList(from, Math.min(all.size(), from + IDS_AT_ONCE));
      cluster.lookUp(
          timeout,
          Set.of(),
          (channel, left) -> {
            askForNames(some, channel, left, names);
            return names;
          },
          told -> told.keySet().containsAll(some));
    }
    return names;
  }

  private void askForNames(
      List<UUID> ids, Channel channel, Duration timeout, Map<UUID, String> names) {
    GetMetadataRequest.Builder request = GetMetadataRequest.newBuilder();
    ids.stream()
        .filter(id -> !names.containsKey(id))
        .map(Uuids::toBytes)
        .forEach(request::addTopicIds);
    GetMetadataResponse answer =
        MetadataServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
            .getMetadata(request.build());
    Map<Integer, BrokerAddress> toldBrokers = brokers(answer);
    brokers = Map.copyOf(toldBrokers);
    cluster.learn(List.copyOf(toldBrokers.values()));
    for (TopicMetadata topic : answer.getTopicsList()) {
      if (!topic.hasError()) {
        TopicView view = learn(topic, toldBrokers);
        names.put(Uuids.fromBytes(topic.getTopicId()), view.name());
      }
    }
  }

  private LookUp lookUp(Collection<String> names, Duration timeout, Set<BrokerAddress> askedLast) {
    return lookUp(names, timeout, askedLast, told -> told.missing.isEmpty());
  }

  private LookUp lookUp(
      Collection<String> names,
      Duration timeout,
      Set<BrokerAddress> askedLast,
      Predicate<LookUp> enough) {
    LookUp lookUp = new LookUp(names);
    cluster.lookUp(
        timeout,
        askedLast,
        (channel, left) -> {
          ask(lookUp, channel, left);
          return lookUp;
        },
        enough);
    return lookUp;
  }

  /** Asks one broker for what is missing. */
  private void ask(LookUp lookUp, Channel channel, Duration timeout) {
    GetMetadataRequest request =
        GetMetadataRequest.newBuilder().addAllTopics(lookUp.missing).build();
    GetMetadataResponse answer =
        MetadataServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
            .getMetadata(request);
    Set<String> told = new HashSet<>();
    answer.getTopicsList().forEach(topic -> told.add(topic.getName()));
    if (answer.getTopicsCount() != told.size() || !told.equals(lookUp.missing)) {
      throw nonsense("topics " + told + " (asked: " + lookUp.missing + ")");
    }
    Map<Integer, BrokerAddress> toldBrokers = brokers(answer);
    brokers = Map.copyOf(toldBrokers);
    cluster.learn(List.copyOf(toldBrokers.values()));
    for (TopicMetadata topic : answer.getTopicsList()) {
      take(lookUp, topic, toldBrokers);
    }
  }

  /** What can't be true of one topic says nothing of the others. */
  private void take(LookUp lookUp, TopicMetadata topic, Map<Integer, BrokerAddress> brokers) {
    String name = topic.getName();
    try {
      lookUp.views.put(name, learn(topic, brokers));
      lookUp.errors.remove(name);
      lookUp.missing.remove(name);
    } catch (MillraceException e) {
      lookUp.errors.put(name, e.error());
      if (e.code() != ErrorCode.UNKNOWN_TOPIC) {
        lookUp.missing.remove(name);
      }
    }
  }

  /**
   * Remembers what an answer tells of a topic.
   *
   * @return what is known of it now
   * @throws MillraceException why it is not known
   */
  private TopicView learn(TopicMetadata topic, Map<Integer, BrokerAddress> brokers) {
    if (topic.hasError()) {
      throw named(GrpcErrors.fromProto(topic.getError()), topic.getName()).exception();
    }
    List<PartitionView> partitions = partitions(topic, brokers);
    if (partitions.isEmpty()) {
      throw nonsense("no partition of " + topic.getName());
    }
    if (topic.getTopicId().size() != Uuids.BYTES) {
      throw nonsense("an id of " + topic.getTopicId().size() + " bytes for " + topic.getName());
    }
    TopicView told =
        new TopicView(topic.getName(), Uuids.fromBytes(topic.getTopicId()), partitions);
    Entry entry =
        topics.compute(
            told.name(),
            (name, known) -> new Entry(known == null ? told : known.view.updatedBy(told)));
    dropIdle();
    return entry.view;
  }

  /**
   * Drops what was not used since the last time, if that is long ago. Called when something is
   * added: what never grows need not shrink.
   */
  private void dropIdle() {
    if (topics.size() <= KEPT_TOPICS) {
      return;
    }
    long nowMs = cluster.clock().monotonicMs();
    long last = swept.get();
    if (nowMs - last < IDLE_MS || !swept.compareAndSet(last, nowMs)) {
      return;
    }
    topics.values().removeIf(entry -> !entry.used);
    topics.values().forEach(entry -> entry.used = false);
  }

  /** Those whose addresses make sense: partitions that the others lead count as without leader. */
  private static Map<Integer, BrokerAddress> brokers(GetMetadataResponse answer) {
    Map<Integer, BrokerAddress> brokers = new LinkedHashMap<>();
    for (BrokerEndpoint broker : answer.getBrokersList()) {
      try {
        brokers.put(broker.getNodeId(), address(broker));
      } catch (IllegalArgumentException e) {
        // Whoever waits for a leader there is told so.
      }
    }
    return brokers;
  }

  private static List<PartitionView> partitions(
      TopicMetadata topic, Map<Integer, BrokerAddress> brokers) {
    List<PartitionView> partitions = new ArrayList<>();
    for (PartitionMetadata told : topic.getPartitionsList()) {
      if (told.getPartition() != partitions.size()) {
        throw nonsense(
            "partition "
                + told.getPartition()
                + " of "
                + topic.getName()
                + " at place "
                + partitions.size());
      }
      partitions.add(
          new PartitionView(
              new TopicPartition(topic.getName(), told.getPartition()),
              Optional.ofNullable(brokers.get(told.getLeaderId())),
              told.getLeaderEpoch(),
              Descriptions.whyNoLeader(told)));
    }
    return partitions;
  }

  private static MillraceException nonsense(String what) {
    return new MillraceException(ErrorCode.INTERNAL, "the broker told of " + what);
  }

  static BrokerAddress address(BrokerEndpoint broker) {
    return new BrokerAddress(broker.getHost(), broker.getPort());
  }

  private static MillraceError named(MillraceError error, String topic) {
    Map<String, String> details = new HashMap<>(error.details());
    details.putIfAbsent("topic", topic);
    return new MillraceError(error.code(), error.message(), details);
  }
}
