package io.millrace.metadata.ratis;

import io.millrace.common.fault.FaultHandler;
import io.millrace.common.file.FileStore;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.FirstMembers;
import io.millrace.metadata.MetadataLog;
import io.millrace.metadata.QuorumAdmin;
import io.millrace.metadata.QuorumVoter;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metadata log on Ratis. Thread-safe; {@link #start} and {@link #close} are called once, by the
 * owner.
 *
 * <p>What its design rests on:
 *
 * <ul>
 *   <li>Entries are submitted in-process to the server that leads, one at a time.
 *   <li>A term is an epoch, and the state machine refuses entries of another one, so a reply of
 *       "not leader" is taken for what it is: an unknown outcome.
 *   <li>Nothing is read through Ratis: its leases serve stale reads for a while. Reads are from the
 *       image, and what must be exact goes through an entry.
 *   <li>Ratis closes its server by itself when the log fails and leaves the process running, with
 *       the server even claiming to lead. A watchdog looks at the life cycle and reports a fault,
 *       which ends the process.
 *   <li>The persisted membership counts, the one that is built here only at the very first start.
 * </ul>
 */
public final class RatisMetadataLog implements MetadataLog {
  private static final Logger LOG = LoggerFactory.getLogger(RatisMetadataLog.class);
  private static final long WATCH_INTERVAL_MS = 1_000;
  private static final long REQUEST_TIMEOUT_MS = 10_000;
  private static final long HAND_OVER_TIMEOUT_MS = 1_000;

  /** How long closing the log may take before it counts as hung. */
  static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);

  private final RatisSettings settings;
  private final FileStore store;
  private final FaultHandler faults;
  private final Scheduler watchScheduler;
  private final MetadataStorage storage;
  private final RaftPeerId peerId;
  private final RaftGroupId groupId;
  private final ClientId clientId = ClientId.randomId();
  private final AtomicLong callIds = new AtomicLong();
  private final SilentVoters silentVoters = new SilentVoters();
  private final CommitNews news = new CommitNews();
  private volatile @Nullable RaftServer server;
  private volatile @Nullable MetadataStateMachine stateMachine;
  private volatile @Nullable SnapshotWriter snapshots;
  private volatile @Nullable String failure;
  private volatile boolean closing;

  /**
   * A log that is not started.
   *
   * @param watchScheduler runs the watchdog; it never blocks
   */
  public RatisMetadataLog(
      RatisSettings settings, FileStore store, FaultHandler faults, Scheduler watchScheduler) {
    ProcessExit.leaveToUs();
    this.settings = settings;
    this.store = store;
    this.faults = faults;
    this.watchScheduler = watchScheduler;
    this.storage = new MetadataStorage(store, settings);
    this.peerId = Peers.id(settings.nodeId(), settings.directoryId());
    this.groupId = RaftGroupId.valueOf(storage.groupId());
  }

  @Override
  public void start(Listener listener) {
    storage.check();
    storage.requireSpace(RatisProperties.MIN_FREE_BYTES);
    SnapshotFiles files = new SnapshotFiles(store, settings.clusterId());
    SnapshotWriter writer = new SnapshotWriter(files, settings.snapshots());
    MetadataStateMachine machine = new MetadataStateMachine(writer, files, this::fail, listener);
    stateMachine = machine;
    snapshots = writer;
    try {
      storage.markBegun();
      RaftServer built = build(machine);
      server = built;
      built.start();
      storage.markActive();
    } catch (IOException | RuntimeException e) {
      close();
      throw StartFailures.explain(e, settings, storage, store);
    }
    watchScheduler.schedule(WATCH_INTERVAL_MS, this::watch);
  }

  private RaftServer build(MetadataStateMachine machine) throws IOException {
    List<RaftPeer> first = peers(storage.firstMembers());
    RaftProperties properties =
        RatisProperties.of(settings, storage.raftDirectory(), first.size() == 1);
    Parameters parameters = PeersOnly.parameters(peerId);
    news.install(properties, parameters);
    return RaftServer.newBuilder()
        .setServerId(peerId)
        .setGroup(RaftGroup.valueOf(groupId, first))
        // The other option refuses existing storage; this one formats what is empty, and whether it
        // may be empty was checked above.
        .setOption(RaftStorage.StartupOption.RECOVER)
        .setStateMachine(machine)
        .setProperties(properties)
        .setParameters(parameters)
        .build();
  }

  private List<RaftPeer> peers(FirstMembers first) {
    if (first instanceof FirstMembers.Voters several) {
      return several.voters().stream().map(Peers::peer).toList();
    } else if (first instanceof FirstMembers.Joining) {
      return List.of();
    }
    String address = settings.host() + ":" + settings.port();
    return List.of(RaftPeer.newBuilder().setId(peerId).setAddress(address).build());
  }

  @Override
  public void append(MetadataEntry entry, Consumer<Outcome> outcome) {
    RaftClientRequest request =
        RaftClientRequest.newBuilder()
            .setClientId(clientId)
            .setServerId(peerId)
            .setGroupId(groupId)
            .setCallId(callIds.incrementAndGet())
            .setMessage(Message.valueOf(UnsafeByteOperations.unsafeWrap(entry.toByteArray())))
            .setType(RaftClientRequest.writeRequestType())
            .build();
    try {
      whenDone(
          running().submitClientRequestAsync(request),
          (reply, error) -> {
            news.tell();
            outcome.accept(outcome(reply, error));
          });
    } catch (IOException | RuntimeException e) {
      LOG.warn("[metadata] an entry could not be submitted", e);
      outcome.accept(Outcome.UNKNOWN);
    }
  }

  private static Outcome outcome(@Nullable RaftClientReply reply, @Nullable Throwable error) {
    if (error != null || reply == null || !reply.isSuccess()) {
      Throwable why = error != null || reply == null ? error : reply.getException();
      LOG.warn("[metadata] the outcome of an entry is unknown: {}", String.valueOf(why));
      return Outcome.UNKNOWN;
    }
    return MetadataStateMachine.outcome(reply.getMessage());
  }

  @Override
  public void resign(long epoch) {
    try {
      DivisionInfo info = running().getDivision(groupId).getInfo();
      if (info.isLeader() && info.getCurrentTerm() == epoch) {
        TransferLeadershipRequest toNobody =
            new TransferLeadershipRequest(
                clientId, peerId, groupId, callIds.incrementAndGet(), null, REQUEST_TIMEOUT_MS);
        logFailure("resigning", running().transferLeadershipAsync(toNobody));
      }
    } catch (IOException e) {
      LOG.warn("[metadata] could not resign in epoch {}", epoch, e);
    }
  }

  /** Looks after the members. */
  QuorumAdmin admin() {
    return new RatisQuorumAdmin(this, peerId, groupId, callIds::incrementAndGet);
  }

  /** The voters as the quorum has them, as far as their addresses are known. */
  List<QuorumVoter> voters() {
    try {
      return running().getDivision(groupId).getRaftConf().getCurrentPeers().stream()
          .map(Peers::voter)
          .flatMap(Optional::stream)
          .toList();
    } catch (IOException notStarted) {
      return List.of();
    }
  }

  @Override
  public MetadataImage image() {
    MetadataStateMachine machine = stateMachine;
    return machine == null ? MetadataImage.EMPTY : machine.image();
  }

  @Override
  public Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public void close() {
    closing = true;
    RaftServer closed = server;
    if (closed != null) {
      handOver(closed);
      try {
        new BoundedClose(CLOSE_PATIENCE).close(() -> closed.getDivision(groupId).close());
        closed.close();
      } catch (IOException e) {
        LOG.warn("[metadata] the Ratis server did not close in order", e);
      }
    }
    SnapshotWriter writer = snapshots;
    if (writer != null) {
      writer.close();
    }
  }

  /** Gives the leadership to another voter, so that nobody has to miss this one first. */
  private void handOver(RaftServer closed) {
    try {
      RaftServer.Division division = closed.getDivision(groupId);
      if (!division.getInfo().isLeaderReady()) {
        return;
      }
      for (RaftPeerId heir : heirs(division)) {
        if (handOver(closed, heir)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.info("[metadata] the leadership was not handed over: {}", e.toString());
    }
  }

  private List<RaftPeerId> heirs(RaftServer.Division division) {
    Map<RaftPeerId, Long> silentMs = RatisQuorumAdmin.silence(division.getInfo());
    Map<RaftPeerId, Long> matches = RatisQuorumAdmin.matches(division);
    return Heirs.inOrder(
        division.getRaftConf().getCurrentPeers().stream()
            .map(RaftPeer::getId)
            .filter(id -> !id.equals(peerId))
            .map(
                id ->
                    new Heirs.Candidate(
                        id, silentMs.getOrDefault(id, -1L), matches.getOrDefault(id, -1L)))
            .toList());
  }

  /** Whether the other voter leads now. */
  private boolean handOver(RaftServer closed, RaftPeerId heir)
      throws IOException, InterruptedException {
    TransferLeadershipRequest request =
        new TransferLeadershipRequest(
            clientId, peerId, groupId, callIds.incrementAndGet(), heir, HAND_OVER_TIMEOUT_MS);
    try {
      RaftClientReply reply =
          closed.transferLeadershipAsync(request).get(HAND_OVER_TIMEOUT_MS, TimeUnit.MILLISECONDS);
      if (reply.isSuccess()) {
        LOG.info("[metadata] the leadership was handed over to {}", heir);
        return true;
      }
      LOG.info("[metadata] {} did not take the leadership: {}", heir, reply.getException());
    } catch (ExecutionException | TimeoutException e) {
      LOG.info("[metadata] {} did not take the leadership: {}", heir, e.toString());
    }
    return false;
  }

  /** Looks after the server, and triggers snapshots by bytes (Ratis itself counts entries only). */
  private void watch() {
    if (closing) {
      return;
    }
    Optional<LifeCycle.State> ended = endedState();
    if (ended.isPresent() && !closing) {
      RuntimeException reported = fail(why(ended.get()), null);
      LOG.error("[metadata] {}", String.valueOf(reported.getMessage()), reported);
      return;
    }
    SnapshotWriter writer = snapshots;
    if (writer != null && writer.dueByBytes()) {
      takeSnapshot();
    }
    look();
    watchScheduler.schedule(WATCH_INTERVAL_MS, this::watch);
  }

  /** Ratis closes itself when it hears from the others that it is none of them any more. */
  private String why(LifeCycle.State ended) {
    return wasRemoved()
        ? "this node is no voter any more: it was removed from the metadata quorum. To go on without"
            + " the controller among its process.roles, start it so; to be a voter again, it is"
            + " prepared with `millrace format` and added"
        : "the metadata log closed itself (state: "
            + ended
            + "); its log tells why. Restart the node once the cause is mended";
  }

  /**
   * Whether this node's members are others, or the others told it so when it stood for election:
   * the change of members itself need not have reached it. A division closes by itself while it
   * stands for election for that reason only; the server around it goes on then.
   */
  private boolean wasRemoved() {
    try {
      RaftServer ending = running();
      RaftServer.Division division = ending.getDivision(groupId);
      return division.getRaftConf().getCurrentPeers().stream()
              .noneMatch(peer -> peer.getId().equals(peerId))
          || (division.getInfo().isCandidate() && !ended(ending.getLifeCycleState()));
    } catch (IOException gone) {
      LOG.debug("[metadata] the division is gone", gone);
      return false;
    }
  }

  private void look() {
    MetadataStateMachine machine = stateMachine;
    try {
      if (machine != null) {
        DivisionInfo info = running().getDivision(groupId).getInfo();
        machine.look(() -> Leadership.of(info, peerId));
        silentVoters
            .look(info.isLeader() ? RatisQuorumAdmin.silence(info) : Map.of())
            .forEach(line -> LOG.warn("[metadata] {}", line));
      }
    } catch (IOException gone) {
      LOG.debug("[metadata] the division is gone", gone);
    }
  }

  private Optional<LifeCycle.State> endedState() {
    try {
      LifeCycle.State ofServer = running().getLifeCycleState();
      LifeCycle.State ofDivision = running().getDivision(groupId).getInfo().getLifeCycleState();
      return ended(ofServer) ? Optional.of(ofServer) : Optional.of(ofDivision).filter(this::ended);
    } catch (IOException gone) {
      return Optional.of(LifeCycle.State.CLOSED);
    }
  }

  private boolean ended(LifeCycle.State state) {
    return switch (state) {
      case CLOSING, CLOSED, EXCEPTION -> true;
      case NEW, STARTING, RUNNING, PAUSING, PAUSED -> false;
    };
  }

  private void takeSnapshot() {
    try {
      SnapshotManagementRequest request =
          SnapshotManagementRequest.newCreate(
              clientId, peerId, groupId, callIds.incrementAndGet(), REQUEST_TIMEOUT_MS, 1);
      logFailure("taking a snapshot", running().snapshotManagementAsync(request));
    } catch (IOException e) {
      LOG.warn("[metadata] could not take a snapshot", e);
    }
  }

  private static void logFailure(String what, CompletableFuture<RaftClientReply> future) {
    whenDone(
        future,
        (reply, error) -> {
          if (error != null || !reply.isSuccess()) {
            Throwable why = error != null ? error : reply.getException();
            LOG.warn("[metadata] {} failed: {}", what, String.valueOf(why));
          }
        });
  }

  @SuppressWarnings("FutureReturnValueIgnored") // The callback is told of every end there is.
  private static void whenDone(
      CompletableFuture<RaftClientReply> future,
      BiConsumer<? super RaftClientReply, ? super Throwable> callback) {
    future.whenComplete(callback);
  }

  private RuntimeException fail(String message, @Nullable Throwable cause) {
    failure = message;
    return faults.fatal(message, cause);
  }

  /** The server, once it is built. */
  RaftServer running() throws IOException {
    RaftServer started = server;
    if (started == null) {
      throw new IOException("the metadata log is not started");
    }
    return started;
  }
}
