package io.millrace.broker.replica;

import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.LeadingEffect;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.broker.replica.link.FollowerLink;
import io.millrace.broker.replica.link.Throttle;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.MetadataListener;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How this broker's partitions reach the other brokers and the controller: a connection of each log
 * directory to each broker that leads what is followed there, and the proposals of in-sync
 * replicas. Thread-safe; nothing here blocks.
 */
public final class Replication implements ReplicationPorts, MetadataListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Replication.class);

  /** More attempts than a partition makes while it is open. */
  private static final long ATTEMPTS_OF_AN_OPENING = 1L << 32;

  private final Settings settings;
  private final MetadataQuorum quorum;
  private final ReplicationMetrics metrics;
  private final FollowerConnection.Deps deps;
  private final IsrSender isrSender;
  private final Map<Way, FollowerConnection> connections = new ConcurrentHashMap<>();

  /** How often a partition was opened here. */
  private final AtomicLong openings = new AtomicLong();

  /** Where this broker's partitions are; empty before {@link #begin}. */
  private volatile Optional<PartitionRegistry> partitions = Optional.empty();

  private volatile boolean closed;

  /**
   * What has a connection of its own: each log directory has, so that one whose disk hangs keeps
   * nobody else's credits.
   */
  private record Way(int leaderId, UUID directory) {}

  /**
   * How this broker follows.
   *
   * @param incarnationId this process's, as it registers with
   * @param creditBytes bytes of records that each leader's broker may have under way to each log
   *     directory
   * @param maxFrameBytes the most bytes of records in one message, but for a single larger batch
   * @param throttle holds up the replicas that are far behind, all together
   */
  public record Settings(
      int brokerId, UUID incarnationId, long creditBytes, int maxFrameBytes, Throttle throttle) {}

  /**
   * What it runs on.
   *
   * @param scheduler its tasks are short
   * @param relief does what shards, timers and transports are not to be kept for; never blocked
   */
  public record Environment(
      Scheduler scheduler, Executor relief, Clock clock, FaultHandler faults) {}

  /**
   * Makes it without connections.
   *
   * @param quorum takes proposals, and knows the brokers
   * @param streams opens streams
   */
  public Replication(
      Settings settings,
      MetadataQuorum quorum,
      LeaderStreams streams,
      Environment environment,
      ReplicationMetrics metrics) {
    this.settings = settings;
    this.quorum = quorum;
    this.metrics = metrics;
    this.deps =
        new FollowerConnection.Deps(
            settings.brokerId(),
            this::find,
            this::registrations,
            streams,
            settings.throttle(),
            environment.scheduler(),
            environment.relief(),
            environment.clock(),
            metrics,
            environment.faults());
    this.isrSender =
        new IsrSender(settings.brokerId(), quorum, this::find, environment.scheduler(), metrics);
  }

  /** From now on there are partitions. */
  public void begin(PartitionRegistry registry) {
    partitions = Optional.of(registry);
  }

  private Optional<PartitionHost> find(TopicIdPartition id) {
    return partitions.flatMap(registry -> registry.find(id));
  }

  @Override
  public ReplicationPort of(TopicIdPartition id, UUID directory) {
    return new Port(id, directory, openings.incrementAndGet() * ATTEMPTS_OF_AN_OPENING);
  }

  private FollowerConnection connection(Way way) {
    FollowerConnection connection =
        connections.computeIfAbsent(
            way,
            absent ->
                new FollowerConnection(
                    deps,
                    new FollowerLink.Settings(
                        settings.brokerId(),
                        way.leaderId(),
                        settings.creditBytes(),
                        settings.maxFrameBytes())));
    if (closed) {
      connection.close();
    }
    return connection;
  }

  private FollowerConnection.Registrations registrations(int leaderId) {
    MetadataImage image = quorum.image();
    long own =
        image
            .broker(settings.brokerId())
            .filter(me -> me.registration().incarnationId().equals(settings.incarnationId()))
            .map(BrokerImage::epoch)
            .orElse(-1L);
    Optional<BrokerImage> leader = image.broker(leaderId);
    return new FollowerConnection.Registrations(
        own,
        leader.map(BrokerImage::epoch).orElse(-1L),
        leader.flatMap(BrokerImage::internalEndpoint));
  }

  /** Streams to brokers that have registered anew are opened anew, at once. */
  @Override
  public void onImage(MetadataImage image, MetadataDelta delta) {
    Set<Integer> brokers = delta.changedBrokers();
    boolean own = brokers.contains(settings.brokerId());
    connections.forEach(
        (way, connection) -> {
          if (own || brokers.contains(way.leaderId())) {
            connection.brokersChanged();
          }
        });
  }

  /** Follows nobody any more, and proposes nothing. */
  @Override
  public void close() {
    closed = true;
    connections.values().forEach(FollowerConnection::close);
    isrSender.close();
  }

  /** One partition's. Confined to its shard. */
  private final class Port implements ReplicationPort {
    private final TopicIdPartition id;
    private final UUID directory;
    private final long attemptsFrom;

    /** Where the newest attempt was sent. */
    private Optional<FollowerConnection> leader = Optional.empty();

    Port(TopicIdPartition id, UUID directory, long attemptsFrom) {
      this.id = id;
      this.directory = directory;
      this.attemptsFrom = attemptsFrom;
    }

    @Override
    public long attemptsFrom() {
      return attemptsFrom;
    }

    @Override
    public void answer(FollowerRef ref, SubscribeAnswer answer) {
      ((SubscribedFollower) ref).answered(answer);
    }

    @Override
    public void endSubscription(FollowerRef ref, MillraceError why) {
      ((SubscribedFollower) ref).ended(why);
    }

    @Override
    public void propose(LeadingEffect.ProposeIsr proposal) {
      isrSender.propose(id, proposal);
    }

    @Override
    public void subscribe(FollowingEffect.Subscribe subscribe) {
      FollowerConnection connection = connection(new Way(subscribe.leaderId(), directory));
      leader = Optional.of(connection);
      connection.subscribe(id, subscribe);
    }

    @Override
    public void unsubscribe(long attempt) {
      leader.ifPresent(connection -> connection.unsubscribe(id, attempt));
    }

    @Override
    public void acknowledge(FollowingEffect.Acknowledge position, Executor atEnd) {
      leader.ifPresent(connection -> connection.acknowledge(id, position, atEnd));
    }

    @Override
    public void refused(MillraceError why) {
      metrics.refused();
      LOG.warn(
          "[broker {}] [{}] batches of the leader are refused: {}", settings.brokerId(), id, why);
    }
  }
}
