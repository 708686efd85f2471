package io.millrace.metadata.ratis;

import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.ratis.RatisSettings.SnapshotPolicy;
import java.io.File;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes snapshots of the image on a thread of its own, one at a time: the image is immutable, and
 * the log goes on meanwhile. Thread-safe.
 *
 * <p>A snapshot counts only when it and its names are on the disk. One that fails is logged and
 * tried again with the next trigger; the log has everything until then.
 */
final class SnapshotWriter {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotWriter.class);

  private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();
  private final SnapshotFiles files;
  private final SnapshotPolicy policy;
  private final ExecutorService thread;

  /** Whether one is being written. */
  private final AtomicBoolean writing = new AtomicBoolean();

  /** The bytes of entries that were applied since the last snapshot was begun. */
  private final AtomicLong bytesSince = new AtomicLong();

  SnapshotWriter(SnapshotFiles files, SnapshotPolicy policy) {
    this.files = files;
    this.policy = policy;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread created = Executors.defaultThreadFactory().newThread(task);
              created.setName("metadata-snapshot");
              created.setDaemon(true);
              return created;
            });
  }

  void init(RaftStorage raftStorage) throws IOException {
    storage.init(raftStorage);
  }

  /** Looks for a newer snapshot on the disk. */
  void reload() {
    storage.loadLatestSnapshot();
  }

  SimpleStateMachineStorage storage() {
    return storage;
  }

  /** The last complete snapshot, or null. */
  @Nullable SingleFileSnapshotInfo latest() {
    return storage.getLatestSnapshot();
  }

  /** The index of the last complete snapshot, or -1. */
  long latestIndex() {
    @Nullable SingleFileSnapshotInfo latest = latest();
    return latest == null ? -1 : latest.getIndex();
  }

  /** Counts an applied entry. */
  void applied(int bytes) {
    bytesSince.addAndGet(bytes);
  }

  /** Whether the log has grown so many bytes since the last snapshot that one is due. */
  boolean dueByBytes() {
    return bytesSince.get() >= policy.bytes();
  }

  /** Begins a snapshot, unless one is under way or the last one is recent. */
  void take(TermIndex applied, MetadataImage image) {
    boolean due = dueByBytes() || applied.getIndex() - latestIndex() >= policy.entries();
    if (due && writing.compareAndSet(false, true)) {
      bytesSince.set(0);
      thread.execute(() -> write(applied, image));
    }
  }

  private void write(TermIndex applied, MetadataImage image) {
    try {
      File file = storage.getSnapshotFile(applied.getTerm(), applied.getIndex());
      files.write(file.toPath(), image);
      MD5Hash digest = MD5FileUtil.computeAndSaveMd5ForFile(file);
      files.forceNames(file.toPath());
      storage.updateLatestSnapshot(
          new SingleFileSnapshotInfo(new FileInfo(file.toPath(), digest), applied));
      LOG.info("[metadata] snapshot of revision {} in {}", image.revision(), file);
    } catch (IOException | RuntimeException e) {
      LOG.warn("[metadata] a snapshot failed and is tried again later; check the disk", e);
    } finally {
      writing.set(false);
    }
  }

  /** Waits for a snapshot that is being written; there will be no more. */
  void close() {
    thread.shutdown();
  }
}
