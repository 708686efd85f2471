package io.millrace.metadata.simulated;

import io.millrace.common.time.Scheduler;
import io.millrace.metadata.MetadataLog;
import io.millrace.metadata.image.CorruptSnapshotException;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.ReplicatedImage;
import io.millrace.metadata.image.SnapshotCodec;
import io.millrace.metadata.image.SnapshotCodec.Snapshot;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A metadata log of several nodes in one simulation: one order of entries, which every node applies
 * in its own time. Confined to the scheduler's thread.
 *
 * <p>What a quorum promises holds here: what is committed stays, in one order, and a new leader has
 * all of it. What it does not promise is drawn: how long things take, whether an entry is lost,
 * whether its outcome is told, and whether the late entry of a deposed controller is accepted in
 * the epoch of another one.
 */
public final class SimulatedQuorum {
  /** A node that is behind by more may get a snapshot. */
  private static final int SNAPSHOT_ENTRIES = 3;

  /** A late entry takes so many times as long as others. */
  private static final int LATE_FACTOR = 20;

  private final Scheduler scheduler;
  private final Chance chance;
  private final Observer observer;
  private final List<Accepted> log = new ArrayList<>();
  private final List<Member> members = new ArrayList<>();
  private long epoch;
  private @Nullable Member leader;

  /** What becomes of a proposed entry. */
  public enum Fate {
    /** It is committed, and the proposer told. */
    COMMITTED,
    /** It is committed, and the proposer never told. */
    UNTOLD,
    /** It is lost, and the proposer told that the outcome is unknown. */
    LOST,
    /** It is accepted late, in whatever epoch there is then; the proposer is never told. */
    LATE,
    /** A defect: it is lost, and the proposer told that it was applied. */
    LOST_AND_BELIEVED,
    /** A defect: it is accepted late, and applied though it was computed for another epoch. */
    LATE_AND_APPLIED
  }

  /** What is left to chance. */
  public interface Chance {
    /** How long a message takes, milliseconds. */
    long delayMs();

    /** What becomes of an entry. */
    Fate fate(MetadataEntry entry);

    /** What is really proposed: the entry, or what a defect makes of it. */
    MetadataEntry proposed(MetadataEntry entry);

    /** Whether a node that is behind gets a snapshot instead of the entries. */
    boolean snapshot();
  }

  /** Told of everything that is applied anywhere. */
  public interface Observer {
    /**
     * A node applied an entry.
     *
     * @param after its image then; the same as before for a void entry
     * @param delta what changed; empty for a void entry
     */
    void applied(int node, MetadataEntry entry, MetadataImage after, Optional<MetadataDelta> delta);

    /** A node's image was replaced by one from a snapshot. */
    void installed(int node, MetadataImage image);
  }

  private record Accepted(long epoch, MetadataEntry entry) {}

  public SimulatedQuorum(Scheduler scheduler, Chance chance, Observer observer) {
    this.scheduler = scheduler;
    this.chance = chance;
    this.observer = observer;
  }

  /** A node's part in the quorum, with an empty image; it gets everything once it is started. */
  public MetadataLog join(int node) {
    Member member = new Member(node);
    members.add(member);
    return member;
  }

  /** Makes one of the nodes the leader, in a new epoch. */
  public void elect(int node) {
    members.stream()
        .filter(member -> member.node == node && member.started())
        .findFirst()
        .ifPresent(this::elect);
  }

  /** Whether some node leads. */
  public boolean hasLeader() {
    return leader != null;
  }

  /** Every entry that took part in the order, applied one after the other to an empty image. */
  public MetadataImage replayed() {
    ReplicatedImage image = new ReplicatedImage(MetadataImage.EMPTY);
    log.forEach(accepted -> image.apply(accepted.epoch(), accepted.entry()));
    return image.image();
  }

  private void elect(Member elected) {
    Member before = leader;
    if (before != null && before != elected) {
      long over = epoch;
      later(() -> before.deposed(over));
    }
    epoch++;
    leader = elected;
    elected.catchUp();
    elected.leading = true;
    elected.leadingEpoch = epoch;
    elected.listening().onLeading(epoch);
    for (Member other : members) {
      if (other != elected && other.started()) {
        later(() -> other.followIfNotLeading());
      }
    }
  }

  private void accept(MetadataEntry entry) {
    log.add(new Accepted(epoch, entry));
    for (Member member : members) {
      if (member != leader) {
        later(member::catchUp);
      }
    }
  }

  private void later(Runnable task) {
    scheduler.schedule(chance.delayMs(), task);
  }

  private final class Member implements MetadataLog {
    private final int node;
    private final ReplicatedImage image = new ReplicatedImage(MetadataImage.EMPTY);
    private @Nullable Listener listener;
    private int applied;
    private boolean leading;
    private long leadingEpoch;
    private boolean closed;

    Member(int node) {
      this.node = node;
    }

    boolean started() {
      return listener != null && !closed;
    }

    @Override
    public void start(Listener newListener) {
      listener = newListener;
      later(this::catchUp);
    }

    @Override
    public void append(MetadataEntry computed, Consumer<Outcome> outcome) {
      if (!leading) {
        outcome.accept(Outcome.UNKNOWN);
        return;
      }
      long acceptedIn = leadingEpoch;
      MetadataEntry entry = chance.proposed(computed);
      switch (chance.fate(entry)) {
        case COMMITTED -> later(() -> commit(acceptedIn, entry, outcome));
        case UNTOLD -> later(() -> commit(acceptedIn, entry, untold -> {}));
        case LOST -> later(() -> outcome.accept(Outcome.UNKNOWN));
        case LOST_AND_BELIEVED -> later(() -> outcome.accept(Outcome.APPLIED));
        case LATE -> scheduler.schedule(LATE_FACTOR * chance.delayMs(), () -> acceptLate(entry));
        case LATE_AND_APPLIED ->
            scheduler.schedule(LATE_FACTOR * chance.delayMs(), () -> acceptLate(renewed(entry)));
      }
    }

    private void commit(long acceptedIn, MetadataEntry entry, Consumer<Outcome> outcome) {
      if (closed || leader != this || epoch != acceptedIn) {
        outcome.accept(Outcome.UNKNOWN);
        return;
      }
      long before = image.image().revision();
      accept(entry);
      catchUp();
      boolean applied = image.image().revision() > before;
      outcome.accept(applied ? Outcome.APPLIED : Outcome.VOID);
    }

    private void acceptLate(MetadataEntry entry) {
      Member current = leader;
      if (current != null) {
        accept(entry);
        current.catchUp();
      }
    }

    private MetadataEntry renewed(MetadataEntry entry) {
      Member current = leader;
      return current == null
          ? entry
          : entry.toBuilder()
              .setControllerEpoch(epoch)
              .setExpectedRevision(current.image.image().revision())
              .build();
    }

    private void catchUp() {
      if (!started()) {
        return;
      }
      Member current = leader;
      boolean behind = log.size() - applied > SNAPSHOT_ENTRIES;
      if (current != null && current != this && behind && chance.snapshot()) {
        install(current);
      }
      while (applied < log.size()) {
        Accepted next = log.get(applied++);
        Optional<MetadataDelta> delta = image.apply(next.epoch(), next.entry());
        observer.applied(node, next.entry(), image.image(), delta);
        delta.ifPresent(changed -> listening().onImage(image.image(), changed));
      }
    }

    private void install(Member from) {
      MetadataImage before = image.image();
      MetadataImage installed = throughBytes(from.image.image());
      image.install(installed);
      applied = from.applied;
      observer.installed(node, installed);
      listening().onImage(installed, MetadataDelta.between(before, installed));
    }

    private void deposed(long over) {
      if (!started() || !leading || leadingEpoch != over) {
        return;
      }
      leading = false;
      listening().onNotLeading();
      followIfNotLeading();
    }

    private void followIfNotLeading() {
      if (started() && !leading && leader != null && leader != this) {
        listening().onOtherLeading(leader.node);
      }
    }

    @Override
    public void resign(long resigned) {
      if (leader == this && leadingEpoch == resigned) {
        leader = null;
      }
      if (leading && leadingEpoch == resigned) {
        leading = false;
        listening().onNotLeading();
      }
    }

    @Override
    public MetadataImage image() {
      return image.image();
    }

    @Override
    public Optional<String> failure() {
      return closed ? Optional.of("closed") : Optional.empty();
    }

    @Override
    public void close() {
      closed = true;
      leading = false;
      members.remove(this);
      if (leader == this) {
        leader = null;
      }
    }

    private Listener listening() {
      return Objects.requireNonNull(listener, "started");
    }
  }

  /** An image, written as a snapshot and read again. */
  public static MetadataImage throughBytes(MetadataImage image) {
    List<ByteBuffer> pieces = new ArrayList<>();
    SnapshotCodec.encode(new Snapshot("simulated", image), pieces::add);
    ByteBuffer bytes = ByteBuffer.allocate(pieces.stream().mapToInt(ByteBuffer::remaining).sum());
    pieces.forEach(bytes::put);
    bytes.flip();
    try {
      return SnapshotCodec.decode(
              count -> {
                ByteBuffer piece = bytes.slice();
                piece.limit(Math.min(count, piece.remaining()));
                bytes.position(bytes.position() + piece.limit());
                return piece;
              })
          .image();
    } catch (CorruptSnapshotException e) {
      throw new IllegalStateException("a snapshot that was just written can't be read", e);
    }
  }
}
