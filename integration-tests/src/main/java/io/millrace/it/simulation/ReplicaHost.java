package io.millrace.it.simulation;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.replica.LocalReplica;
import io.millrace.broker.replica.PartitionConfig;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionRuntime;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.replica.Registration;
import io.millrace.broker.replica.ReplicationPort;
import io.millrace.broker.replica.RuntimePorts;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.image.PartitionImage;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * A replica in a {@link ClusterProcess}: the real runtime and log, watched on behalf of the {@link
 * ReplicaLedger}. Confined to the simulation's thread.
 */
final class ReplicaHost implements PartitionHost {
  private final ClusterProcess process;
  private final ReplicaDirectory directory;
  private final TopicIdPartition id;
  private final TopicPartition name;
  private final int number;
  private final PartitionLog log;
  private final PartitionRuntime runtime;
  private final ClientDoor door;
  private final PlantedEvents planted;
  private final boolean inDoubt;

  /** In the order in which they came: the runtime's own have none. */
  private final Set<Registered> appendListeners = new LinkedHashSet<>();

  private PartitionConfig config;
  private boolean closed;

  /**
   * The replica of an opened log.
   *
   * @param highWatermark what was noted of it
   */
  ReplicaHost(
      ClusterProcess process,
      ReplicaDirectory directory,
      TopicIdPartition id,
      TopicPartition name,
      PartitionLog log,
      PartitionConfig config,
      long highWatermark) {
    this.process = process;
    this.directory = directory;
    this.id = id;
    this.name = name;
    this.number = Integer.parseInt(name.topic().substring(1));
    this.log = log;
    this.config = config;
    this.inDoubt = !log.syncedMark();
    ClusterWorld world = process.world();
    ReplicationPort port = process.replication().of(id, directory.id());
    this.planted = new PlantedEvents(this, port);
    RuntimePorts ports =
        new RuntimePorts(
            process.clock(),
            process.shard(),
            directory,
            directory,
            process.faults(),
            world.bugs().port(this, port),
            directory);
    this.runtime =
        new PartitionRuntime(
            new LocalReplica(process.id(), name, highWatermark, world.setup().lagTimeMs()),
            log,
            config,
            ports);
    this.door = new ClientDoor(process, this);
    runtime
        .appendListeners()
        .add(() -> List.copyOf(appendListeners).forEach(each -> each.listener.run()));
  }

  int number() {
    return number;
  }

  ClusterProcess process() {
    return process;
  }

  ReplicaLedger ledger() {
    return process.world().ledger(number);
  }

  PlantedEvents planted() {
    return planted;
  }

  /** The partition as the metadata that are known here say. */
  Optional<PartitionImage> partition() {
    return ReplicaReconciler.known(process.metadata().image(), id);
  }

  PartitionLog log() {
    return log;
  }

  PartitionRuntime runtime() {
    return runtime;
  }

  ReplicaDirectory directory() {
    return directory;
  }

  ClientDoor door() {
    return door;
  }

  /** Whether a loss of the page cache before this process may have cost what was acknowledged. */
  boolean inDoubt() {
    return inDoubt;
  }

  /** Looks at the partition, after each run. */
  void observe() {
    if (closed) {
      return;
    }
    process.world().trace().add("%s: %s", process, new Standing(name, runtime.view()));
    process.world().ledger(number).observe(process, runtime.view(), durable());
  }

  /** A disk that failed in the middle of a cut left the log's own word of it as it was then. */
  private long durable() {
    return directory.failed()
        ? Math.min(log.durableOffset(), runtime.view().logEndOffset())
        : log.durableOffset();
  }

  /** The broker stops. */
  void close() {
    runtime.close(new MillraceError(ErrorCode.NOT_LEADER, "the broker stops"));
    closed = true;
  }

  /** The replica is to be deleted; done when nobody writes to its log any more. */
  CompletableFuture<Void> abandon(MillraceError why) {
    closed = true;
    return runtime.abandon(why);
  }

  @Override
  public TopicIdPartition id() {
    return id;
  }

  @Override
  public TopicPartition name() {
    return name;
  }

  @Override
  public UUID directoryId() {
    return directory.id();
  }

  @Override
  public void foundCorrupt(long offset) {
    throw new InvariantViolation(
        process
            + " found a corrupt batch at "
            + offset
            + " of "
            + name
            + ", where no bit was flipped");
  }

  @Override
  public boolean isCorrupt(long offset) {
    return false;
  }

  @Override
  public PartitionView view() {
    return runtime.view();
  }

  @Override
  public boolean produce(ProduceCommand command) {
    process.shard().post(() -> runtime.produce(command));
    return true;
  }

  @Override
  public boolean refuse(ProduceCommand command, int baseSequence, MillraceError error) {
    post(new PartitionEvent.RefuseFrame(command, command.pipeline(), baseSequence, error));
    return true;
  }

  @Override
  public void resumePipeline(long pipeline, int nextSequence) {
    post(new PartitionEvent.ResumePipeline(pipeline, nextSequence));
  }

  @Override
  public void closePipeline(long pipeline) {
    post(new PartitionEvent.ClosePipeline(pipeline));
  }

  @Override
  public Registration onAdvance(Runnable listener) {
    return runtime.listeners().add(listener);
  }

  @Override
  public Registration onAppend(Runnable listener) {
    Registered registered = new Registered(listener);
    appendListeners.add(registered);
    return registered;
  }

  @Override
  public void post(PartitionEvent event) {
    process.world().bugs().told(this, event).forEach(this::handle);
  }

  /** Hands an event to the shard as it is. */
  void handle(PartitionEvent event) {
    process.shard().post(() -> runtime.handle(event));
  }

  @Override
  public CompletableFuture<Long> deleteRecords(
      long beforeOffset, int leaderEpoch, long deadlineMs) {
    CompletableFuture<Long> result = new CompletableFuture<>();
    process
        .shard()
        .post(() -> runtime.deleteRecords(beforeOffset, leaderEpoch, deadlineMs, result));
    return result;
  }

  @Override
  public PartitionConfig config() {
    return config;
  }

  void reconfigure(PartitionConfig changed) {
    if (!changed.equals(config)) {
      config = changed;
      process.shard().post(() -> runtime.reconfigure(changed));
    }
  }

  @Override
  public void diskFailed(LogDirException cause) {
    directory.diskFailed(cause);
  }

  @Override
  public String toString() {
    return new Standing(name, runtime.view()).toString();
  }

  /** One who is told of what is appended; equal only to itself. */
  private final class Registered implements Registration {
    private final Runnable listener;

    Registered(Runnable listener) {
      this.listener = listener;
    }

    @Override
    public void close() {
      appendListeners.remove(this);
    }
  }

  /** How a replica stands, for a person. */
  private record Standing(TopicPartition name, PartitionView view) {
    @Override
    public String toString() {
      return "%s %s epoch %d, high watermark %d, log [%d, %d)"
          .formatted(
              name,
              view.role(),
              view.leaderEpoch(),
              view.highWatermark(),
              view.logStartOffset(),
              view.logEndOffset());
    }
  }
}
