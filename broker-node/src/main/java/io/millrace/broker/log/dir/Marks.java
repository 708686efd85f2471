package io.millrace.broker.log.dir;

import io.millrace.common.file.Checkpoint;
import io.millrace.common.file.CorruptFileException;
import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a data directory tells of the process that last worked on it: {@code boot-id} (the machine's
 * boot) and {@code clean-shutdown} (it closed in order; holds the directory's id, so that a mark
 * copied from elsewhere proves nothing). Both are {@link Checkpoint}s of version 1 with one line; a
 * damaged one is a missing one. Confined to the directory's owner.
 */
final class Marks {
  static final String BOOT_ID = "boot-id";
  static final String CLEAN_SHUTDOWN = "clean-shutdown";

  private static final Logger LOG = LoggerFactory.getLogger(Marks.class);
  private static final int VERSION = 1;

  private final FileStore store;
  private final Path directory;
  private final String directoryId;
  private final Optional<String> thisBoot;

  Marks(FileStore store, Path directory, MetaProperties meta, BootIdSource boots)
      throws IOException {
    this.store = store;
    this.directory = directory;
    this.directoryId = meta.directoryId().toString();
    this.thisBoot = boots.bootId();
  }

  boolean cleanlyClosed() throws IOException {
    return read(CLEAN_SHUTDOWN).equals(Optional.of(directoryId));
  }

  /** Durably: a crash from now on must be seen as one. */
  void removeClean() throws IOException {
    Path mark = directory.resolve(CLEAN_SHUTDOWN);
    if (store.exists(mark)) {
      store.delete(mark);
      store.forceDirectory(directory);
    }
  }

  void writeClean() throws IOException {
    write(CLEAN_SHUTDOWN, directoryId);
  }

  /** Whether this is surely the boot that is written down. */
  boolean sameBoot() throws IOException {
    return thisBoot.isPresent() && read(BOOT_ID).equals(thisBoot);
  }

  void writeBoot() throws IOException {
    // Without an id nothing is ever equal to it.
    write(BOOT_ID, thisBoot.orElse(""));
  }

  private Optional<String> read(String name) throws IOException {
    try {
      return Checkpoint.read(store, directory.resolve(name), name, VERSION)
          .map(Checkpoint::lines)
          .filter(lines -> lines.size() == 1)
          .map(lines -> lines.get(0));
    } catch (CorruptFileException e) {
      LOG.warn("[data directory {}] {}: taken for missing", directory, e.getMessage());
      return Optional.empty();
    }
  }

  private void write(String name, String line) throws IOException {
    new Checkpoint(name, VERSION, List.of(line)).write(store, directory.resolve(name));
  }
}
