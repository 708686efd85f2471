package io.millrace.metadata.observer;

import io.millrace.common.file.FileStore;
import io.millrace.metadata.MetadataStorageException;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.ratis.SnapshotFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The image of a node that is no voter, on disk for a fast start: a copy, which is written now and
 * then on a thread of its own, and fetched anew if it is damaged. Confined to the observer's
 * mailbox, but for that thread.
 */
public final class ObservedImage {
  private static final Logger LOG = LoggerFactory.getLogger(ObservedImage.class);
  private static final String FILE = "observed.snapshot";
  private static final long CLOSE_TIMEOUT_S = 10;

  private final FileStore store;
  private final Path directory;
  private final SnapshotFiles files;
  private final ExecutorService thread;

  /** The revision that was written last, or is being written. */
  private volatile long written = -1;

  /**
   * The image in a directory.
   *
   * @param clusterId the cluster whose metadata it is
   */
  public ObservedImage(FileStore store, Path directory, String clusterId) {
    this.store = store;
    this.directory = directory;
    this.files = new SnapshotFiles(store, clusterId);
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread created = Executors.defaultThreadFactory().newThread(task);
              created.setName("metadata-observed");
              created.setDaemon(true);
              return created;
            });
  }

  /** What was kept; the empty image if there is none that can be read. */
  MetadataImage read() {
    try {
      store.createDirectories(directory);
      Path file = directory.resolve(FILE);
      if (!store.exists(file)) {
        return MetadataImage.EMPTY;
      }
      MetadataImage image = files.read(file);
      written = image.revision();
      return image;
    } catch (IOException | MetadataStorageException e) {
      LOG.warn("[metadata] the image on disk can't be used and is fetched anew", e);
      return MetadataImage.EMPTY;
    }
  }

  /** Writes an image, if it is newer than the last one; does not wait. */
  void offer(MetadataImage image) {
    if (image.revision() > written) {
      written = image.revision();
      thread.execute(() -> write(image));
    }
  }

  private void write(MetadataImage image) {
    try {
      files.write(directory.resolve(FILE), image);
    } catch (IOException | RuntimeException e) {
      LOG.warn("[metadata] the image could not be kept; check the disk", e);
    }
  }

  /** Writes the last image and waits for it. */
  void close(MetadataImage last) {
    offer(last);
    thread.shutdown();
    try {
      if (!thread.awaitTermination(CLOSE_TIMEOUT_S, TimeUnit.SECONDS)) {
        LOG.warn("[metadata] the image is still being written; the next start fetches it anew");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
