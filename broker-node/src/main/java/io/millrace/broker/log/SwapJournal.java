package io.millrace.broker.log;

import io.millrace.common.file.Checkpoint;
import io.millrace.common.file.CorruptFileException;
import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which cleaned segments take the place of which others: a {@link Checkpoint} {@code segment-swap}
 * of that kind, version 1, in the partition's directory, with the lines
 *
 * <pre>
 * replaced &lt;base offset&gt;
 * cleaned &lt;base offset&gt;
 * </pre>
 *
 * <p>While it is there the swap is decided and must be ended, step by step: the cleaned segments
 * were durable before. Where it is missing, no old file has lost its name yet, and what a cleaning
 * wrote counts for nothing. Stateless.
 */
public final class SwapJournal {
  /** The file's name, and its kind. */
  public static final String NAME = "segment-swap";

  private static final int VERSION = 1;
  private static final String REPLACED = "replaced ";
  private static final String CLEANED = "cleaned ";

  private SwapJournal() {}

  /** Decides the swap, durably. */
  static void write(LogDisk disk, List<SegmentFiles> replaced, List<SegmentFiles> cleaned) {
    List<String> lines = new ArrayList<>();
    replaced.forEach(files -> lines.add(REPLACED + files.baseOffset()));
    cleaned.forEach(files -> lines.add(CLEANED + files.baseOffset()));
    disk.run(
        "write " + NAME,
        () -> new Checkpoint(NAME, VERSION, lines).write(disk.store(), path(disk)));
  }

  /** The swap is done, and the names are durable. */
  static void remove(LogDisk disk) {
    disk.delete(path(disk));
    disk.forceDirectory();
  }

  /** Whether a swap was decided in a partition's directory and has not ended. */
  public static boolean exists(FileStore store, Path directory) throws IOException {
    return store.exists(directory.resolve(NAME));
  }

  /**
   * Ends the swap that a crash interrupted, if there is one. For the opening thread.
   *
   * @throws DamagedLogException if it can't be read: nothing is changed then
   */
  static void finish(LogDisk disk) throws IOException {
    Optional<Checkpoint> journal;
    try {
      journal = Checkpoint.read(disk.store(), path(disk), NAME, VERSION);
    } catch (CorruptFileException damaged) {
      throw new DamagedLogException(damaged.getMessage() + ": which segments count is not known");
    }
    if (journal.isPresent()) {
      List<SegmentFiles> cleaned = named(disk, journal.get(), CLEANED);
      List<SegmentFiles> gone = new ArrayList<>(named(disk, journal.get(), REPLACED));
      gone.removeAll(cleaned);
      gone.forEach(files -> files.all().forEach(disk::delete));
      takeNames(disk, cleaned);
      disk.forceDirectory();
      remove(disk);
    }
  }

  /** Gives cleaned files their names; those that have them already are left alone. */
  static void takeNames(LogDisk disk, List<SegmentFiles> cleaned) {
    for (SegmentFiles files : cleaned) {
      for (Path path : files.rewritten()) {
        Path fresh = SegmentFiles.suffixed(path, SegmentFiles.CLEANED);
        disk.run(
            "name " + fresh.getFileName(),
            () -> {
              if (disk.store().exists(fresh)) {
                disk.store().rename(fresh, path);
              }
            });
      }
    }
  }

  private static List<SegmentFiles> named(LogDisk disk, Checkpoint journal, String prefix) {
    return journal.lines().stream()
        .filter(line -> line.startsWith(prefix))
        .map(line -> Long.parseLong(line.substring(prefix.length())))
        .map(base -> new SegmentFiles(disk.directory(), base))
        .toList();
  }

  private static Path path(LogDisk disk) {
    return disk.directory().resolve(NAME);
  }
}
