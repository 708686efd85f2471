package io.millrace.metadata.ratis;

import io.millrace.common.file.AtomicFile;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.FileStore.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Finds the first damaged record of a metadata log, and cuts it if it is the last one: what a power
 * loss leaves of a record that was being written. Offline and stateless; the node is stopped.
 *
 * <p>Ratis can cut a damaged log by itself, but would cut everything after the damage, unseen. So
 * it is told to refuse, and the cutting is here, where it is limited to one record, keeps the bytes
 * that it cuts, and is asked for by a person.
 */
public final class MetadataLogRepair {
  private static final String OPEN_SEGMENT = "log_inprogress_";
  private static final String SEGMENT = "log_";

  private MetadataLogRepair() {}

  /**
   * A damaged record.
   *
   * @param segment the file that it is in
   * @param position its first byte in the file
   * @param bytes how many bytes are damaged, or follow the damage
   * @param last whether no good record follows, and so it can be cut
   */
  public record Damage(Path segment, long position, long bytes, boolean last) {}

  /**
   * Looks through a metadata directory's log.
   *
   * @return the first damaged record; empty when all are good
   */
  public static Optional<Damage> inspect(FileStore store, Path metadataDirectory)
      throws IOException {
    for (Path group : store.list(metadataDirectory.resolve("raft"))) {
      for (Path file : segments(store, group.resolve("current"))) {
        RaftLogScan scan = new RaftLogScan(AtomicFile.read(store, file));
        Optional<Damage> damage = damage(file, scan);
        if (damage.isPresent()) {
          return damage;
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Cuts a damaged last record. Its bytes are kept beside the log.
   *
   * @return the file with the bytes that were cut
   * @throws IllegalArgumentException if it is not the last one
   * @throws io.millrace.common.file.FileLockedException if a node is running on it
   */
  public static Path cut(FileStore store, Path metadataDirectory, Damage damage)
      throws IOException {
    if (!damage.last()) {
      throw new IllegalArgumentException("damage: " + damage + " (expected: of the last record)");
    }
    Path kept =
        metadataDirectory.resolve(
            "cut-" + damage.segment().getFileName() + "-at-" + damage.position());
    int length = Math.toIntExact(damage.bytes());
    Path ratisLock = damage.segment().resolveSibling("..").resolve("in_use.lock").normalize();
    try (FileStore.FileLock lock = store.lock(ratisLock);
        StoredFile file = store.open(damage.segment(), OpenMode.READ_WRITE)) {
      ByteBuffer bytes = ByteBuffer.allocate(length);
      file.read(bytes, damage.position());
      AtomicFile.write(store, kept, bytes.array());
      // Zeros are the end of the records, as in the part of a segment that is not written yet.
      file.write(ByteBuffer.allocate(length), damage.position());
      file.force();
    }
    return kept;
  }

  private static Optional<Damage> damage(Path file, RaftLogScan scan) {
    if (scan.good()) {
      return Optional.empty();
    }
    String name = String.valueOf(file.getFileName());
    boolean last = name.startsWith(OPEN_SEGMENT) && !scan.goodRecordAfterDamage();
    return Optional.of(
        new Damage(file, scan.damagePosition(), scan.end() - scan.damagePosition(), last));
  }

  private static List<Path> segments(FileStore store, Path directory) throws IOException {
    return store.list(directory).stream()
        .filter(file -> String.valueOf(file.getFileName()).startsWith(SEGMENT))
        .toList();
  }
}
