package io.millrace.broker.rpc;

import io.grpc.BindableService;
import io.millrace.broker.group.CoordinatorLookup;
import io.millrace.broker.group.GroupCoordinators;
import io.millrace.broker.metadata.ProducerIds;
import io.millrace.broker.metadata.TopicReadiness;
import io.millrace.broker.replica.BrokerDefaults;
import io.millrace.broker.replica.PartitionRegistry;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.NotUnderstood;
import io.millrace.common.config.TopicConfigs;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.ChangeHistory;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.rpc.QuorumMembers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/** The services of one listener. Immutable. */
public final class BrokerServices {
  /** Some minutes of a busy cluster, or the loss of a broker with as many partitions; some MB. */
  private static final int CHANGES_REMEMBERED = 100_000;

  private final List<BindableService> services;
  private final OpenStreams streams;
  private final BooleanSupplier ready;

  /**
   * What a broker's services work with.
   *
   * @param config what the broker's file, environment and flags say
   * @param members looks after the quorum's voters
   * @param others the other brokers
   * @param link the way to other brokers for what clients asked this one for
   * @param forwarding what other brokers find here for their clients; begins with the services
   * @param logDirs this broker's directories
   * @param fetchThreads for reads from the disk
   * @param metadataThreads for looking through the metadata; nothing on them waits for a disk
   * @param scheduler for the ends of long polls
   * @param coordinators tells who coordinates groups
   * @param groups the coordinators of this broker
   * @param authorizer says who may do what; nobody may change the system's own topics
   * @param ready whether requests may be served
   */
  public record Parts(
      NodeInfo node,
      EffectiveConfig config,
      MetadataQuorum quorum,
      QuorumMembers members,
      RemoteBrokers others,
      ForwardingLink link,
      ForwardingEndpoint forwarding,
      LocalLogDirs logDirs,
      PartitionRegistry partitions,
      TopicReadiness readiness,
      ProducerIds producerIds,
      Executor fetchThreads,
      Executor metadataThreads,
      Scheduler scheduler,
      Clock clock,
      RpcMetrics metrics,
      CorruptReads corruptReads,
      CoordinatorLookup coordinators,
      GroupCoordinators groups,
      Authorizer authorizer,
      BooleanSupplier ready) {
    public Parts {
      authorizer = InternalTopics.guard(authorizer);
    }
  }

  /**
   * The bounds of producing and administering; times in milliseconds.
   *
   * @param maxPartitions the most partitions of one request or stream
   * @param maxDecompressedBytes the most that a batch may unpack to
   * @param maxProduceStreams the most produce streams of the server
   * @param maxFetchStreams the most fetch streams and tails of the server
   * @param maxMetadataStreams the most streams of the server that tell of the metadata
   * @param maxForwardedBytes the most bytes of publications that wait for one other broker
   * @param maxGroupStreams the most streams of members of groups
   * @param produceTimeoutMs how long a produce request waits when it names no time
   * @param produceMaxTimeoutMs the longest that it can ask for
   * @param adminTimeoutMs how long a change of the metadata may take
   */
  public record Limits(
      int maxPartitions,
      long maxDecompressedBytes,
      int maxProduceStreams,
      int maxFetchStreams,
      int maxMetadataStreams,
      long maxForwardedBytes,
      int maxGroupStreams,
      long produceTimeoutMs,
      long produceMaxTimeoutMs,
      long adminTimeoutMs) {}

  private BrokerServices(
      List<BindableService> services, OpenStreams streams, BooleanSupplier ready) {
    this.services = services;
    this.streams = streams;
    this.ready = ready;
  }

  /** The services for clients. */
  public static BrokerServices forClients(Parts parts, Limits limits, FetchLimits fetchLimits) {
    OpenStreams streams = new OpenStreams();
    Partitions partitions = new Partitions(parts.partitions(), parts.quorum()::image);
    ProduceDeps produce = produce(parts, limits, partitions, streams);
    FetchDeps fetch = fetch(parts, limits, fetchLimits, partitions, streams);
    List<BindableService> services = new ArrayList<>();
    parts.forwarding().begin(parts.link().clusterId(), produce, fetch);
    services.add(
        new ProducerEndpoint(
            produce, parts.producerIds(), new Publisher(publish(parts, limits, produce))));
    services.add(new FetchEndpoint(fetch));
    services.add(
        new SubscriptionEndpoint(
            fetch,
            new LeaderTails(parts.link(), fetch),
            new PartitionLeaders(parts.quorum()::image),
            parts.clock()));
    PacedStream.Deps paced =
        new PacedStream.Deps(
            parts.metadataThreads(),
            parts.scheduler(),
            new StreamPlaces("max.metadata.streams", limits.maxMetadataStreams()),
            streams);
    ChangeHistory history = new ChangeHistory(CHANGES_REMEMBERED);
    parts.quorum().subscribe(history);
    services.add(
        new MetadataEndpoint(
            parts.node(),
            parts.quorum()::image,
            parts.authorizer(),
            groupId -> parts.coordinators().find(groupId, timeout(limits.adminTimeoutMs())),
            history,
            paced));
    services.add(
        new ClusterEndpoint(
            parts.members(),
            inspection(parts, paced),
            new AdminCommands(parts.quorum(), limits.adminTimeoutMs()),
            parts.authorizer()));
    services.addAll(forGroups(parts, limits, streams));
    services.addAll(
        forAdministrators(
            parts,
            new RecordDeletion(partitions, parts.clock(), limits.adminTimeoutMs()),
            limits.adminTimeoutMs()));
    return new BrokerServices(List.copyOf(services), streams, parts.ready());
  }

  private static ProduceDeps produce(
      Parts parts, Limits limits, Partitions partitions, OpenStreams streams) {
    BatchIntake intake =
        new BatchIntake(
            parts.clock(),
            limits.maxDecompressedBytes(),
            limits.produceTimeoutMs(),
            limits.produceMaxTimeoutMs());
    return new ProduceDeps(
        parts.authorizer(),
        partitions,
        intake,
        parts.metrics(),
        limits.maxPartitions(),
        parts.node().producerBatchesRemembered(),
        new StreamPlaces("max.produce.streams", limits.maxProduceStreams()),
        streams);
  }

  private static FetchDeps fetch(
      Parts parts,
      Limits limits,
      FetchLimits fetchLimits,
      Partitions partitions,
      OpenStreams streams) {
    return new FetchDeps(
        parts.authorizer(),
        partitions,
        new PartitionReader(
            parts.metrics(),
            parts.corruptReads(),
            new NearReplicas(parts.node().nodeId(), parts.quorum()::image)),
        TransportMemory.shared(),
        parts.fetchThreads(),
        parts.scheduler(),
        fetchLimits,
        new StreamPlaces("max.fetch.streams", limits.maxFetchStreams()),
        streams);
  }

  private static PublishDeps publish(Parts parts, Limits limits, ProduceDeps produce) {
    PartitionLeaders leaders = new PartitionLeaders(parts.quorum()::image);
    Forwarder forwarder =
        new Forwarder(
            parts.node().nodeId(),
            new RemoteAppends(parts.link(), leaders, produce),
            leaders,
            parts.producerIds()::next,
            parts.clock(),
            parts.scheduler(),
            limits.maxForwardedBytes());
    BrokerDefaults defaults =
        new BrokerDefaults(parts.node().nodeId(), parts.config(), NotUnderstood.SILENT);
    return new PublishDeps(
        produce.partitions(),
        produce.intake(),
        parts.metrics(),
        forwarder,
        (topic, partition) ->
            settings(parts, defaults, topic, partition).get(TopicConfigs.MAX_MESSAGE_BYTES),
        parts.metadataThreads(),
        parts.clock());
  }

  /** A topic's settings: those of the replica here if there is one, which are made already. */
  private static EffectiveConfig settings(
      Parts parts, BrokerDefaults defaults, TopicImage topic, int partition) {
    return parts
        .partitions()
        .find(new TopicIdPartition(topic.id(), partition))
        .map(host -> host.config().topic())
        .orElseGet(
            () ->
                TopicConfigs.effective(
                    topic.configs(), defaults.in(parts.quorum().image()), NotUnderstood.SILENT));
  }

  /** What is left for the call that this thread serves. */
  private static Duration timeout(long mostMs) {
    return Duration.ofMillis(Deadlines.capMs(mostMs));
  }

  private static List<BindableService> forGroups(Parts parts, Limits limits, OpenStreams streams) {
    GroupCalls calls = new GroupCalls(parts.groups(), parts.clock(), limits.adminTimeoutMs());
    JoinGroupSession.Deps sessions =
        new JoinGroupSession.Deps(
            calls,
            parts.metadataThreads(),
            new StreamPlaces("max.group.streams", limits.maxGroupStreams()),
            streams);
    return List.of(
        new GroupEndpoint(parts.node().nodeId(), calls, sessions, parts.authorizer()),
        new OffsetEndpoint(calls, parts.authorizer()));
  }

  private static List<BindableService> forAdministrators(
      Parts parts, RecordDeletion deletion, long timeoutMs) {
    AdminCommands commands = new AdminCommands(parts.quorum(), timeoutMs);
    // What is not understood is told of where it would be in force.
    BrokerDefaults defaults =
        new BrokerDefaults(parts.node().nodeId(), parts.config(), NotUnderstood.SILENT);
    Authorizer authorizer = parts.authorizer();
    return List.of(
        new TopicEndpoint(commands, parts.readiness(), deletion, defaults, authorizer),
        new PartitionEndpoint(
            commands,
            new ReplicaStates(defaults.brokerId(), parts.logDirs(), parts.others()),
            parts.metadataThreads(),
            authorizer),
        new ConfigEndpoint(defaults, commands, parts.others(), authorizer),
        new BrokerEndpoint(
            defaults.brokerId(),
            commands,
            parts.logDirs(),
            parts.others(),
            parts.metadataThreads(),
            authorizer));
  }

  private static ClusterInspection inspection(Parts parts, PacedStream.Deps streams) {
    int nodeId = parts.node().nodeId();
    return new ClusterInspection(
        nodeId,
        parts.quorum()::image,
        new HealthMonitor(nodeId, parts.quorum(), parts.members(), parts.metadataThreads()),
        streams,
        parts.clock());
  }

  /** The services for other nodes; each refuses by itself what the node can't do yet. */
  public static BrokerServices forNodes(List<BindableService> services) {
    return new BrokerServices(List.copyOf(services), new OpenStreams(), () -> true);
  }

  List<BindableService> all() {
    return services;
  }

  List<String> names() {
    return services.stream().map(s -> s.bindService().getServiceDescriptor().getName()).toList();
  }

  OpenStreams streams() {
    return streams;
  }

  BooleanSupplier ready() {
    return ready;
  }
}
