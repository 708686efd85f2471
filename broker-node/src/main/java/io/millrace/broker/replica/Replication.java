package io.millrace.broker.replica;

import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.LeadingEffect;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.broker.replica.link.FollowerLink;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.MetadataListener;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How this broker's partitions reach the other brokers and the controller: a connection to each
 * broker that leads what this one follows, and the proposals of in-sync replicas. Thread-safe;
 * nothing here blocks.
 */
public final class Replication implements ReplicationPorts, MetadataListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Replication.class);

  private final Settings settings;
  private final MetadataQuorum quorum;
  private final ReplicationMetrics metrics;
  private final FollowerConnection.Deps deps;
  private final IsrSender isrSender;
  private final Map<Integer, FollowerConnection> connections = new ConcurrentHashMap<>();

  /** Where this broker's partitions are; empty before {@link #begin}. */
  private volatile Optional<PartitionRegistry> partitions = Optional.empty();

  private volatile boolean closed;

  /** The registrations that the connections were made by; confined to the metadata's listener. */
  private final Map<Integer, Registered> registered = new HashMap<>();

  private record Registered(long epoch, Optional<Endpoint> endpoint) {}

  /**
   * How this broker follows.
   *
   * @param creditBytes bytes of records that each leader's broker may have under way to this one
   * @param maxFrameBytes the most bytes of records in one message, but for a single larger batch
   */
  public record Settings(int brokerId, long creditBytes, int maxFrameBytes) {}

  /**
   * Makes it without connections.
   *
   * @param quorum takes proposals, and knows the brokers
   * @param streams opens streams
   * @param scheduler its tasks are short
   */
  public Replication(
      Settings settings,
      MetadataQuorum quorum,
      LeaderStreams streams,
      Scheduler scheduler,
      Clock clock,
      ReplicationMetrics metrics,
      FaultHandler faults) {
    this.settings = settings;
    this.quorum = quorum;
    this.metrics = metrics;
    this.deps =
        new FollowerConnection.Deps(
            settings.brokerId(),
            this::find,
            broker -> quorum.image().broker(broker).flatMap(BrokerImage::internalEndpoint),
            streams,
            scheduler,
            clock,
            metrics,
            faults);
    this.isrSender = new IsrSender(settings.brokerId(), quorum, this::find, scheduler, metrics);
  }

  /** From now on there are partitions. */
  public void begin(PartitionRegistry registry) {
    partitions = Optional.of(registry);
  }

  private Optional<PartitionHost> find(TopicIdPartition id) {
    return partitions.flatMap(registry -> registry.find(id));
  }

  @Override
  public ReplicationPort of(TopicIdPartition id) {
    return new Port(id);
  }

  private FollowerConnection connection(int leaderId) {
    return connections.computeIfAbsent(
        leaderId,
        id ->
            new FollowerConnection(
                deps,
                new FollowerLink.Settings(
                    settings.brokerId(), id, settings.creditBytes(), settings.maxFrameBytes()),
                ownEpoch(quorum.image())));
  }

  private long ownEpoch(MetadataImage image) {
    return image.broker(settings.brokerId()).map(BrokerImage::epoch).orElse(-1L);
  }

  /** Streams to brokers that have registered anew are opened anew, at once. */
  @Override
  public void onImage(MetadataImage image, MetadataDelta delta) {
    if (delta.changedBrokers().isEmpty()) {
      return;
    }
    boolean own = changed(image, settings.brokerId());
    for (int broker : delta.changedBrokers()) {
      boolean other = broker != settings.brokerId() && changed(image, broker);
      FollowerConnection connection = connections.get(broker);
      if (other && !own && connection != null) {
        connection.reset(ownEpoch(image));
      }
    }
    if (own) {
      connections.values().forEach(each -> each.reset(ownEpoch(image)));
    }
  }

  private boolean changed(MetadataImage image, int broker) {
    Optional<Registered> now =
        image.broker(broker).map(known -> new Registered(known.epoch(), known.internalEndpoint()));
    Registered before =
        now.isPresent() ? registered.put(broker, now.get()) : registered.remove(broker);
    return !now.equals(Optional.ofNullable(before));
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

    /** Where the newest attempt was sent. */
    private Optional<FollowerConnection> leader = Optional.empty();

    Port(TopicIdPartition id) {
      this.id = id;
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
      if (closed) {
        return;
      }
      FollowerConnection connection = connection(subscribe.leaderId());
      leader = Optional.of(connection);
      connection.subscribe(id, subscribe);
    }

    @Override
    public void unsubscribe(long attempt) {
      leader.ifPresent(connection -> connection.unsubscribe(id, attempt));
    }

    @Override
    public void acknowledge(FollowingEffect.Acknowledge position) {
      leader.ifPresent(connection -> connection.acknowledge(id, position));
    }

    @Override
    public void refused(MillraceError why) {
      metrics.refused();
      LOG.warn(
          "[broker {}] [{}] batches of the leader are refused: {}", settings.brokerId(), id, why);
    }
  }
}
