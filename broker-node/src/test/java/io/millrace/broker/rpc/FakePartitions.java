package io.millrace.broker.rpc;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionRegistry;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.common.time.SystemClock;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.pcollections.PVector;
import org.pcollections.TreePMap;
import org.pcollections.TreePVector;

/** Partitions that a test puts there, and what requests need besides. */
final class FakePartitions implements PartitionRegistry {
  static final int MOST = 1_000;
  static final int MOST_STREAMS = 3;

  final Map<TopicIdPartition, PartitionHost> hosts = new ConcurrentHashMap<>();
  Authorizer authorizer = Authorizer.ALLOW_ALL;
  private final List<Runnable> timers = new ArrayList<>();
  private MetadataImage image = MetadataImage.EMPTY;
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Clock clock = new SystemClock();
  private final RpcMetrics metrics = new RpcMetrics(meters, clock);

  MetadataImage image() {
    return image;
  }

  /** A topic whose partitions have logs here. */
  List<LogHost> topic(String name, int partitions) {
    UUID topicId = UUID.randomUUID();
    List<LogHost> logs = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      LogHost log = new LogHost(new TopicIdPartition(topicId, i));
      logs.add(log);
      hosts.put(log.id(), log);
    }
    known(topicId, name, partitions);
    return logs;
  }

  /** The metadata have a topic of that id. */
  void known(UUID topicId, String name, int partitions) {
    PVector<PartitionImage> images = TreePVector.empty();
    for (int i = 0; i < partitions; i++) {
      images =
          images.plus(
              new PartitionImage(
                  List.of(1),
                  List.of(PartitionImage.UNASSIGNED),
                  List.of(1),
                  List.of(),
                  new PartitionImage.Leadership(1, 0, PartitionImage.NO_BROKER),
                  0,
                  1));
    }
    TopicImage topic = new TopicImage(topicId, name, images, TreePMap.empty());
    image = image.withRevision(image.revision() + 1).withTopics(image.topics().with(topic));
  }

  /** The metadata have a broker, which stands in a rack. */
  void broker(int id, String rack, BrokerState state) {
    BrokerImage broker =
        new BrokerImage(
            id,
            new BrokerRegistration(10 + id, new UUID(id, 1), List.of(new UUID(9, id))),
            new Endpoint("h" + id, 9650),
            Optional.of(new Endpoint("h" + id, 9651)),
            rack,
            FeatureRange.SUPPORTED,
            state);
    image = image.withBrokers(image.brokers().plus(id, broker));
  }

  private Scheduler.Cancellable schedule(long delayMs, Runnable task) {
    timers.add(task);
    return () -> timers.remove(task);
  }

  /** The time of all that is to run later has come. */
  void runTimers() {
    List<Runnable> due = List.copyOf(timers);
    timers.clear();
    due.forEach(Runnable::run);
  }

  /** Everything runs on the thread of the caller. */
  FetchDeps fetchDeps() {
    return new FetchDeps(
        (caller, operation, topic) -> authorizer.check(caller, operation, topic),
        new Partitions(this, () -> image),
        new PartitionReader(
            metrics,
            new CorruptReads(meters, (id, offset) -> true),
            new NearReplicas(1, () -> image)),
        TransportMemory.shared(),
        Runnable::run,
        this::schedule,
        new FetchLimits(MOST, 60_000, 1 << 20, 1 << 20, 1 << 20),
        new StreamPlaces("max.fetch.streams", MOST_STREAMS),
        new OpenStreams());
  }

  ProduceDeps produceDeps() {
    return new ProduceDeps(
        (caller, operation, topic) -> authorizer.check(caller, operation, topic),
        new Partitions(this, () -> image),
        new BatchIntake(clock, 1 << 20, 30_000, 30_000),
        metrics,
        MOST,
        64,
        new StreamPlaces("max.produce.streams", MOST_STREAMS),
        new OpenStreams());
  }

  @Override
  public Optional<PartitionHost> find(TopicIdPartition id) {
    return Optional.ofNullable(hosts.get(id));
  }

  @Override
  public MillraceError whyAbsent(TopicIdPartition id) {
    return new MillraceError(ErrorCode.UNKNOWN_TOPIC_ID, "no " + id);
  }

  @Override
  public Collection<? extends PartitionHost> partitions() {
    return List.copyOf(hosts.values());
  }
}
