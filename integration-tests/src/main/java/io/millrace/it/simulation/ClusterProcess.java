package io.millrace.it.simulation;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.dir.DataDirOpening;
import io.millrace.broker.metadata.BrokerSession;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionRegistry;
import io.millrace.broker.replica.PartitionRuntime;
import io.millrace.broker.replica.Replication;
import io.millrace.broker.replica.link.FollowerFrame;
import io.millrace.broker.replica.link.Throttle;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import io.millrace.it.simulation.Messages.Request;
import io.millrace.it.simulation.PartitionLedger.Ending;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import io.millrace.metadata.controller.BrokerStart;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * A broker's process in a cluster, from its start to its end: the real session, replication and
 * partitions over what is simulated. Confined to the simulation's thread.
 */
final class ClusterProcess implements SimulatedNetwork.Receiver, PartitionRegistry {
  private static final long HEARTBEAT_MS = 120;
  private static final long ANSWER_TIMEOUT_MS = 900;
  private static final long CREDIT_BYTES = 2_000;
  private static final int MAX_FRAME_BYTES = 700;
  private static final int HOUSEKEEPING_MS = 350;

  private final ClusterMachine machine;
  private final ClusterWorld world;
  private final Birth birth;
  private final ProcessTime time;
  private final ProcessMetadata metadata;
  private final ReplicaStreams streams;
  private final Replication replication;
  private final BrokerSession session;
  private final ReplicaReconciler reconciler;
  private final SimulatedShard shard;
  private final List<ReplicaDirectory> directories = new ArrayList<>();
  private final Map<TopicIdPartition, ReplicaHost> replicas = new HashMap<>();
  private final Map<PartitionRuntime, ReplicaHost> byRuntime = new HashMap<>();
  private final Map<Connection, LeaderEnd> followers = new HashMap<>();
  private Ending endingOfCrash = Ending.KILLED;
  private boolean alive = true;
  private boolean serving;
  private boolean stopping;
  private boolean restarting;

  /**
   * What a process begins with.
   *
   * @param incarnation names it
   * @param random its chance
   * @param door its door to the disk
   * @param knownImage the metadata that are on its disk
   */
  record Birth(
      UUID incarnation,
      SplittableRandom random,
      CrashingFileStore door,
      MetadataImage knownImage) {}

  ClusterProcess(ClusterMachine machine, ClusterWorld world, Birth birth) {
    this.machine = machine;
    this.world = world;
    this.birth = birth;
    this.time = new ProcessTime(world.time(), machine.clock().rate(), this::guarded);
    this.metadata = new ProcessMetadata(this, birth.knownImage());
    this.streams = new ReplicaStreams(this);
    this.shard = new SimulatedShard(this, this::ranOn);
    this.replication =
        new Replication(
            new Replication.Settings(
                id(), incarnation(), CREDIT_BYTES, MAX_FRAME_BYTES, Throttle.none()),
            metadata,
            streams,
            new Replication.Environment(time, rest -> time.schedule(0, rest), clock(), faults()),
            world.metrics());
    this.session =
        new BrokerSession(
            new BrokerSession.Settings(id(), HEARTBEAT_MS, ANSWER_TIMEOUT_MS),
            metadata,
            metadata,
            time,
            clock(),
            birth.random()::nextDouble);
    this.reconciler = new ReplicaReconciler(this);
    replication.begin(this);
  }

  int id() {
    return machine.id();
  }

  UUID incarnation() {
    return birth.incarnation();
  }

  ClusterWorld world() {
    return world;
  }

  ClusterMachine machine() {
    return machine;
  }

  ProcessTime time() {
    return time;
  }

  Clock clock() {
    return machine.clock();
  }

  SplittableRandom random() {
    return birth.random();
  }

  ProcessMetadata metadata() {
    return metadata;
  }

  Replication replication() {
    return replication;
  }

  BrokerSession session() {
    return session;
  }

  SimulatedShard shard() {
    return shard;
  }

  List<ReplicaDirectory> directories() {
    return directories;
  }

  boolean isAlive() {
    return alive;
  }

  /** Whether it takes connections. */
  boolean serves() {
    return alive && serving;
  }

  FaultHandler faults() {
    return (message, cause) -> {
      if (cause instanceof CrashSignal crash) {
        throw crash;
      }
      if (cause instanceof InvariantViolation violation) {
        throw violation;
      }
      throw new IllegalStateException(this + " found a broken invariant: " + message, cause);
    };
  }

  void later(long delayMicros, Runnable work) {
    time.scheduleMicros(delayMicros, work);
  }

  /** Does something as the process does: with its end in the middle of it, if that comes. */
  private void guarded(Runnable work) {
    try {
      work.run();
    } catch (CrashSignal crash) {
      machine.end(endingOfCrash, false);
    }
  }

  /** Ends the process at a change of its disk to come. */
  void crashAt(int change, CrashingFileStore.LastChange last, Ending ending) {
    endingOfCrash = ending;
    birth.door().crashAt(change, last);
  }

  // ---- start and end

  void start(List<DataDirOpening> openings) {
    time.run(
        () -> {
          try {
            open(openings);
          } catch (IOException | LogDirException e) {
            world.trace().add("%s does not come up: %s", this, e);
            restartSoon();
          }
        });
  }

  private void open(List<DataDirOpening> openings) throws IOException {
    for (DataDirOpening opening : openings) {
      ReplicaDirectory directory = new ReplicaDirectory(this, opening.open());
      directories.add(directory);
    }
    for (ReplicaDirectory directory : directories) {
      directory.openAll(metadata.image(), id -> isPlace(directory, id)).forEach(this::add);
    }
    serving = true;
    world.trace().add("%s is up: %s", this, replicas.values().toString());
    // Recovery takes its time.
    later(random().nextInt(20_000), this::register);
  }

  /** Of two logs of a partition the one is opened that the metadata name, or the first. */
  private boolean isPlace(ReplicaDirectory directory, TopicIdPartition id) {
    List<ReplicaDirectory> places = directories.stream().filter(each -> each.has(id)).toList();
    Optional<UUID> assigned =
        ReplicaReconciler.known(metadata.image(), id)
            .filter(known -> known.replicas().contains(id()))
            .map(known -> known.directoryOf(id()));
    return places.stream()
        .filter(each -> assigned.filter(each.id()::equals).isPresent())
        .findFirst()
        .orElseGet(() -> places.isEmpty() ? directory : places.get(0))
        .equals(directory);
  }

  private void register() {
    metadata.subscribe(replication);
    metadata.subscribe(reconciler);
    RegisterBroker registration = registration();
    if (!replicas.isEmpty()
        && registration.start().uncleanReplicas().containsAll(replicas.keySet())) {
      world.controllers().invariants().startsUnclean(incarnation());
    }
    // What the future's callback throws would be lost.
    var unused =
        session
            .start(() -> registration)
            .thenRun(() -> later(0, () -> directories.forEach(ReplicaDirectory::lossReported)));
    keepHouseLater();
  }

  private RegisterBroker registration() {
    List<UUID> online = new ArrayList<>();
    Set<TopicIdPartition> unclean = new HashSet<>();
    for (ReplicaDirectory directory : directories) {
      if (!directory.failed()) {
        online.add(directory.id());
        unclean.addAll(directory.possiblyLost());
      }
    }
    return new RegisterBroker(
        id(),
        incarnation(),
        endpoint(),
        Optional.of(endpoint()),
        "rack" + id() % 2,
        FeatureRange.SUPPORTED,
        new BrokerStart(online, online.size() < directories.size(), Set.of(), unclean, false));
  }

  private Endpoint endpoint() {
    return new Endpoint("broker", id());
  }

  private void keepHouseLater() {
    time.schedule(
        100 + random().nextInt(HOUSEKEEPING_MS),
        () -> {
          directories.forEach(ReplicaDirectory::keepHouse);
          keepHouseLater();
        });
  }

  /** Ends in order: leadership moves away first. */
  void stop() {
    if (!serving || stopping || directories.stream().anyMatch(ReplicaDirectory::failed)) {
      return;
    }
    stopping = true;
    world.trace().add("%s is to stop", this);
    world.stats().count(FaultProfile.Fault.ORDERLY_STOP);
    var unused = session.handOver().thenRun(() -> later(1, this::close));
    // There may be no controller to say so.
    time.schedule(1_500, this::close);
  }

  private void close() {
    if (!alive) {
      return;
    }
    shard.finish();
    List<ReplicaHost> all = List.copyOf(replicas.values());
    all.forEach(ReplicaHost::close);
    shard.finish();
    directories.forEach(ReplicaDirectory::close);
    machine.end(Ending.CLOSED, false);
  }

  /** The process is gone. */
  void ended(Ending ending) {
    alive = false;
    boolean silently = ending == Ending.POWER_LOST;
    birth.door().end();
    time.end();
    metadata.close();
    streams.endAll(silently);
    if (silently) {
      world.network().nodeVanished(this);
    } else {
      world.network().nodeDied(this);
      world.tellDisconnected(id(), session.epoch());
    }
  }

  /** A directory has failed: somebody sees to the disk and starts the process again. */
  void restartSoon() {
    if (!restarting) {
      restarting = true;
      later(
          50_000 + random().nextInt(800_000),
          () ->
              machine.end(
                  !world.isHealed() && random().nextInt(3) == 0 ? Ending.POWER_LOST : Ending.KILLED,
                  false));
    }
  }

  // ---- partitions

  void add(ReplicaHost replica) {
    replicas.put(replica.id(), replica);
    byRuntime.put(replica.runtime(), replica);
  }

  void remove(ReplicaHost replica) {
    replicas.remove(replica.id());
    byRuntime.remove(replica.runtime());
  }

  private void ranOn(PartitionRuntime runtime) {
    ReplicaHost replica = byRuntime.get(runtime);
    if (replica != null) {
      replica.observe();
    }
  }

  Optional<ReplicaHost> replica(TopicIdPartition id) {
    return Optional.ofNullable(replicas.get(id));
  }

  @Override
  public Optional<PartitionHost> find(TopicIdPartition id) {
    return Optional.ofNullable(replicas.get(id));
  }

  @Override
  public MillraceError whyAbsent(TopicIdPartition id) {
    return reconciler.whyAbsent(id);
  }

  @Override
  public Collection<ReplicaHost> partitions() {
    return List.copyOf(replicas.values());
  }

  // ---- network

  @Override
  public void receive(Connection from, Object message) {
    time.run(
        () -> {
          if (message instanceof FollowerFrame frame) {
            followers.computeIfAbsent(from, key -> new LeaderEnd(this, key)).received(frame);
          } else if (message instanceof Request request) {
            request(from, request);
          }
        });
  }

  private void request(Connection from, Request request) {
    for (ReplicaHost replica : replicas.values()) {
      if (replica.number() == request.partition()) {
        replica.door().receive(from, request);
        return;
      }
    }
    ClientDoor.refuse(from, request, world.noReplica());
  }

  @Override
  public void closed(Connection connection) {
    time.run(
        () -> {
          LeaderEnd follower = followers.remove(connection);
          if (follower != null) {
            follower.closed();
          } else {
            replicas.values().forEach(replica -> replica.door().forget(connection));
          }
        });
  }

  @Override
  public String toString() {
    return "broker "
        + birth.incarnation().getMostSignificantBits()
        + "."
        + birth.incarnation().getLeastSignificantBits();
  }
}
