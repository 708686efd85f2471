package io.millrace.metadata.simulated;

import io.millrace.common.file.AtomicFile;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.MetadataLog;
import io.millrace.metadata.MetadataStorageException;
import io.millrace.metadata.image.CorruptSnapshotException;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.ReplicatedImage;
import io.millrace.metadata.image.SnapshotCodec;
import io.millrace.metadata.image.SnapshotCodec.Snapshot;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A metadata log of one node that loses nothing it has acknowledged: what is committed is forced
 * into the file store first. Confined to the scheduler's thread.
 *
 * <p>A crash is an instance that is left behind and another one on what the disk kept; each start
 * leads in a new epoch. What a simulation can do besides: depose the leader, keep an entry's
 * outcome from it, and refuse to let it resign.
 *
 * <pre>
 * log file, one frame after the other:
 *   length   4 bytes  of epoch and entry
 *   crc      4 bytes  CRC32C over epoch and entry
 *   epoch    8 bytes  in which the entry was accepted
 *   entry             a MetadataEntry; none where an epoch begins
 * </pre>
 *
 * <p>A frame that is cut short or fails its checksum ends the log: it was never acknowledged.
 */
public final class SimulatedMetadataLog implements MetadataLog {
  private static final int FRAME_HEADER_BYTES = 8;

  private final FileStore store;
  private final Path directory;
  private final Scheduler scheduler;
  private final LongSupplier delayMs;
  private final String clusterId;
  private final ReplicatedImage image = new ReplicatedImage(MetadataImage.EMPTY);
  private @Nullable Listener listener;
  private @Nullable StoredFile file;
  private long endPosition;
  private long epoch;
  private boolean leading;
  private boolean hideNextOutcome;
  private boolean refuseNextResignation;
  private Optional<String> failure = Optional.empty();

  /**
   * A log on what the store has of it.
   *
   * @param directory where it lies
   * @param delayMs draws how long an election or a commit takes, milliseconds
   */
  public SimulatedMetadataLog(
      FileStore store,
      Path directory,
      String clusterId,
      Scheduler scheduler,
      LongSupplier delayMs) {
    this.store = store;
    this.directory = directory;
    this.clusterId = clusterId;
    this.scheduler = scheduler;
    this.delayMs = delayMs;
  }

  @Override
  public void start(Listener newListener) {
    listener = newListener;
    try {
      store.createDirectories(directory);
      readSnapshot();
      StoredFile opened = store.open(logPath(), OpenMode.CREATE);
      file = opened;
      replay(opened);
      for (Path at = directory; at != null; at = at.getParent()) {
        store.forceDirectory(at); // The directory's own name is as new as the file's.
      }
    } catch (IOException | CorruptSnapshotException e) {
      throw new MetadataStorageException("the metadata in " + directory + " can't be read", e);
    }
    if (image.image().revision() > 0) {
      newListener.onImage(image.image(), MetadataDelta.between(MetadataImage.EMPTY, image.image()));
    }
    later(this::beginEpoch);
  }

  @Override
  public void append(MetadataEntry entry, Consumer<Outcome> outcome) {
    if (!leading) {
      outcome.accept(Outcome.UNKNOWN);
      return;
    }
    long acceptedIn = epoch;
    boolean hidden = hideNextOutcome;
    hideNextOutcome = false;
    later(
        () -> {
          if (failure.isEmpty() && persist(acceptedIn, entry)) {
            Optional<MetadataDelta> delta = image.apply(acceptedIn, entry);
            delta.ifPresent(changed -> listening().onImage(image.image(), changed));
            if (!hidden) {
              outcome.accept(delta.isPresent() ? Outcome.APPLIED : Outcome.VOID);
            }
          }
        });
  }

  @Override
  public void resign(long resigned) {
    if (refuseNextResignation) {
      refuseNextResignation = false;
      later(this::tellAgain);
    } else if (leading && epoch == resigned) {
      depose();
    }
  }

  /** Ends the leadership; the next epoch begins after a while. */
  public void depose() {
    if (leading) {
      leading = false;
      listening().onNotLeading();
      later(this::beginEpoch);
    }
  }

  /** Commits the next entry without ever telling its outcome. */
  public void hideNextOutcome() {
    hideNextOutcome = true;
  }

  /** Goes on leading when it is next asked to resign, and tells again that it does. */
  public void refuseNextResignation() {
    refuseNextResignation = true;
  }

  /** Tells of the epoch that it leads in once more. */
  public void tellAgain() {
    listening().onLeading(epoch);
  }

  /** Writes a snapshot of the image and begins an empty log after it. */
  public void compact() {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      SnapshotCodec.encode(
          new Snapshot(clusterId, image.image()),
          piece -> {
            byte[] copy = new byte[piece.remaining()];
            piece.get(copy);
            bytes.writeBytes(copy);
          });
      AtomicFile.write(store, snapshotPath(), bytes.toByteArray());
      StoredFile log = opened();
      log.truncate(0);
      endPosition = 0;
      persist(epoch, MetadataEntry.getDefaultInstance());
    } catch (IOException e) {
      fail(e);
    }
  }

  @Override
  public MetadataImage image() {
    return image.image();
  }

  @Override
  public Optional<String> failure() {
    return failure;
  }

  @Override
  public void close() {
    leading = false;
    failure = Optional.of("closed");
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      fail(e);
    }
  }

  private void beginEpoch() {
    if (failure.isEmpty() && persist(epoch + 1, MetadataEntry.getDefaultInstance())) {
      epoch++;
      leading = true;
      listening().onLeading(epoch);
    }
  }

  private boolean persist(long inEpoch, MetadataEntry entry) {
    byte[] bytes = entry.toByteArray();
    ByteBuffer frame = ByteBuffer.allocate(FRAME_HEADER_BYTES + Long.BYTES + bytes.length);
    frame.position(FRAME_HEADER_BYTES);
    frame.putLong(inEpoch).put(bytes).flip();
    CRC32C crc = new CRC32C();
    crc.update(frame.duplicate().position(FRAME_HEADER_BYTES));
    frame.putInt(0, Long.BYTES + bytes.length).putInt(Integer.BYTES, (int) crc.getValue());
    try {
      int length = frame.remaining();
      StoredFile log = opened();
      log.write(frame, endPosition);
      log.force();
      endPosition += length;
      return true;
    } catch (IOException e) {
      fail(e);
      return false;
    }
  }

  private void readSnapshot() throws IOException, CorruptSnapshotException {
    if (store.exists(snapshotPath())) {
      ByteBuffer bytes = ByteBuffer.wrap(AtomicFile.read(store, snapshotPath()));
      Snapshot snapshot =
          SnapshotCodec.decode(
              count -> {
                ByteBuffer piece = bytes.slice();
                piece.limit(Math.min(count, piece.remaining()));
                bytes.position(bytes.position() + piece.limit());
                return piece;
              });
      image.install(snapshot.image());
      epoch = snapshot.image().controller().epoch();
    }
  }

  private void replay(StoredFile log) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(FRAME_HEADER_BYTES);
    while (log.read(header.clear(), endPosition) == FRAME_HEADER_BYTES) {
      int length = header.getInt(0);
      if (length < Long.BYTES || length > log.size() - endPosition - FRAME_HEADER_BYTES) {
        break;
      }
      ByteBuffer body = ByteBuffer.allocate(length);
      log.read(body, endPosition + FRAME_HEADER_BYTES);
      CRC32C crc = new CRC32C();
      crc.update(body.flip());
      if ((int) crc.getValue() != header.getInt(Integer.BYTES)) {
        break;
      }
      body.rewind();
      long acceptedIn = body.getLong();
      epoch = Math.max(epoch, acceptedIn);
      if (body.hasRemaining()) {
        image.apply(acceptedIn, MetadataEntry.parseFrom(body));
      }
      endPosition += FRAME_HEADER_BYTES + length;
    }
    log.truncate(endPosition);
  }

  private void fail(IOException e) {
    leading = false;
    failure = Optional.of("the simulated metadata log failed: " + e.getMessage());
  }

  private void later(Runnable task) {
    scheduler.schedule(delayMs.getAsLong(), task);
  }

  private Listener listening() {
    return Objects.requireNonNull(listener, "started");
  }

  private StoredFile opened() {
    return Objects.requireNonNull(file, "started");
  }

  private Path logPath() {
    return directory.resolve("metadata.log");
  }

  private Path snapshotPath() {
    return directory.resolve("metadata.snapshot");
  }
}
