package io.millrace.metadata.ratis;

import io.millrace.common.fault.FaultHandler;
import io.millrace.metadata.MetadataLog;
import io.millrace.metadata.MetadataLog.Outcome;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.ReplicatedImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.io.IOException;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/**
 * The image behind Ratis's log. Written by Ratis's applying thread; {@link #image} from any thread.
 *
 * <p>What Ratis makes of an exception decides much here. One that is thrown from applying closes
 * the whole server while the process lives on; a future that fails leaves readers hanging. So
 * applying does neither, ever: an entry that can't be replayed goes to the fault handler, which
 * ends the process, and should the process live on, nothing is applied any more. For the same
 * reason events are only handed on (nothing blocks the applying thread), and none of them closes
 * the server.
 */
final class MetadataStateMachine extends BaseStateMachine {
  private static final ByteString APPLIED = ByteString.copyFromUtf8("applied");
  private static final ByteString VOID = ByteString.copyFromUtf8("void");
  private static final ByteString BROKEN = ByteString.copyFromUtf8("broken");

  private final ReplicatedImage replicated = new ReplicatedImage(MetadataImage.EMPTY);
  private final SnapshotWriter snapshots;
  private final SnapshotFiles files;
  private final FaultHandler faults;
  private final MetadataLog.Listener listener;

  /**
   * Held while the listener is told of leaders, so that what it is told last is what was found
   * last. Ratis holds locks of its own meanwhile: nothing that takes them may be called with it.
   */
  private final Object leadership = new Object();

  /**
   * Whether the listener was told that another node leads, and nothing else since. Guarded by
   * {@link #leadership}.
   */
  private boolean following;

  /**
   * What the last look found, unless Ratis told of a change since. Guarded by {@link #leadership}.
   */
  private @Nullable Leadership lastLook;

  /** Set when an entry could not be replayed: the image stays as it was before it. */
  private volatile boolean broken;

  MetadataStateMachine(
      SnapshotWriter snapshots,
      SnapshotFiles files,
      FaultHandler faults,
      MetadataLog.Listener listener) {
    this.snapshots = snapshots;
    this.files = files;
    this.faults = faults;
    this.listener = listener;
  }

  /** The image after the last entry that took effect. */
  MetadataImage image() {
    return replicated.image();
  }

  /** What an answer of {@link #applyTransaction} means. */
  static Outcome outcome(Message answer) {
    ByteString content = answer.getContent();
    if (content.equals(APPLIED)) {
      return Outcome.APPLIED;
    }
    return content.equals(VOID) ? Outcome.VOID : Outcome.UNKNOWN;
  }

  @Override
  public void initialize(RaftServer server, RaftGroupId group, RaftStorage storage)
      throws IOException {
    super.initialize(server, group, storage);
    getLifeCycle().transition(LifeCycle.State.STARTING);
    snapshots.init(storage);
    load();
    getLifeCycle().transition(LifeCycle.State.RUNNING);
  }

  @Override
  public void pause() {
    getLifeCycle().transition(LifeCycle.State.PAUSING);
    getLifeCycle().transition(LifeCycle.State.PAUSED);
  }

  /** After the leader has installed a snapshot here, which Ratis does not sync. */
  @Override
  public void reinitialize() throws IOException {
    getLifeCycle().transition(LifeCycle.State.STARTING);
    snapshots.reload();
    @Nullable SingleFileSnapshotInfo installed = snapshots.latest();
    if (installed != null) {
      files.force(installed.getFile().getPath());
    }
    load();
    getLifeCycle().transition(LifeCycle.State.RUNNING);
  }

  private void load() throws IOException {
    @Nullable SingleFileSnapshotInfo latest = snapshots.latest();
    if (latest != null) {
      MetadataImage before = replicated.image();
      MetadataImage loaded = files.read(latest.getFile().getPath());
      replicated.install(loaded);
      setLastAppliedTermIndex(latest.getTermIndex());
      listener.onImage(loaded, MetadataDelta.between(before, loaded));
    }
  }

  @Override
  public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
    LogEntryProto logged = transaction.getLogEntry();
    ByteString answer = broken ? BROKEN : apply(logged);
    return CompletableFuture.completedFuture(Message.valueOf(answer));
  }

  private ByteString apply(LogEntryProto logged) {
    try {
      ByteString bytes = logged.getStateMachineLogEntry().getLogData();
      MetadataEntry entry = MetadataEntry.parseFrom(bytes.asReadOnlyByteBuffer());
      Optional<MetadataDelta> delta = replicated.apply(logged.getTerm(), entry);
      updateLastAppliedTermIndex(logged.getTerm(), logged.getIndex());
      snapshots.applied(bytes.size());
      delta.ifPresent(
          changed -> {
            listener.onImage(replicated.image(), changed);
            listener.onEntry(replicated.image(), entry);
          });
      return delta.isPresent() ? APPLIED : VOID;
    } catch (IOException | RuntimeException | Error e) {
      broken = true;
      String entry = "term " + logged.getTerm() + ", index " + logged.getIndex();
      report("the metadata log's entry at " + entry + " can't be replayed", e);
      return BROKEN;
    }
  }

  /** Answers the last snapshot that is complete: Ratis cuts the log up to it. */
  @Override
  public long takeSnapshot() {
    if (!broken) {
      snapshots.take(getLastAppliedTermIndex(), replicated.image());
    }
    return snapshots.latestIndex();
  }

  @Override
  public StateMachineStorage getStateMachineStorage() {
    return snapshots.storage();
  }

  @Override
  public void notifyLeaderReady() {
    long term = currentTerm();
    synchronized (leadership) {
      lead(term);
      lastLook = null;
    }
  }

  @Override
  public void notifyNotLeader(Collection<TransactionContext> pending) {
    synchronized (leadership) {
      listener.onNotLeading();
      lastLook = null;
    }
  }

  @Override
  public void notifyLeaderChanged(RaftGroupMemberId member, RaftPeerId leader) {
    if (!member.getPeerId().equals(leader)) {
      synchronized (leadership) {
        follow(leader);
        lastLook = null;
      }
    }
  }

  /**
   * Looks at who leads. Ratis tells of a leader that is found and not of one that is lost: that is
   * told here, at once. And what two looks find alike is told again, for the controller may have
   * given up an epoch that Ratis went on leading, which Ratis has no reason to speak of. Without
   * the lock, what is told could be older than a leader that is found at this moment.
   *
   * @param look asks Ratis; takes no lock
   */
  void look(Supplier<Leadership> look) {
    synchronized (leadership) {
      Leadership found = look.get();
      if (found.equals(lastLook)) {
        tell(found);
      } else if (following && found instanceof Leadership.Nobodys) {
        lose();
      }
      lastLook = found;
    }
  }

  private void tell(Leadership found) {
    if (found instanceof Leadership.Ours ours) {
      lead(ours.term());
    } else if (found instanceof Leadership.Theirs theirs) {
      follow(theirs.leader());
    } else if (found instanceof Leadership.Nobodys) {
      lose();
    }
  }

  private void lead(long term) {
    following = false;
    listener.onLeading(term);
  }

  private void follow(RaftPeerId leader) {
    following = true;
    listener.onOtherLeading(Peers.nodeId(leader));
  }

  private void lose() {
    following = false;
    listener.onNotLeading();
  }

  @Override
  public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto entry) {
    report("the metadata log can't be written: its disk is full or failing", cause);
  }

  @Override
  public void close() {
    snapshots.close();
  }

  private long currentTerm() {
    try {
      return getServer().join().getDivision(getGroupId()).getInfo().getCurrentTerm();
    } catch (IOException e) {
      throw new IllegalStateException("the division is gone while it leads", e);
    }
  }

  /** Reports a fault; what the handler answers is not thrown, for Ratis must not see it. */
  private void report(String message, Throwable cause) {
    RuntimeException reported = faults.fatal(message, cause);
    LOG.error("{}", message, reported);
  }
}
