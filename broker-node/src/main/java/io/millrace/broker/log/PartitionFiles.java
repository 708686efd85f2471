package io.millrace.broker.log;

import io.millrace.common.file.Checkpoint;
import io.millrace.common.file.CorruptFileException;
import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The small files of a partition's directory that say what the batches can't. They are {@link
 * Checkpoint}s:
 *
 * <pre>
 * leader-epoch-checkpoint   kind leader-epochs, version 1; a line for each: &lt;epoch&gt; &lt;start offset&gt;
 * log-start-offset          kind log-start-offset, version 1; one line: &lt;offset&gt;
 * acknowledged-when-synced  kind acknowledged-when-synced, version 1; no lines
 * cleaner-offset-checkpoint kind cleaner-offset, version 1; one line: &lt;offset&gt;
 * </pre>
 *
 * <p>The last one, the synced mark, is there while every record that this replica acknowledged had
 * been synced before: then the loss of the page cache costs nothing that was acknowledged (S14).
 * Where it is missing that is in doubt, also in a directory of a release that did not know it.
 *
 * <p>Stateless.
 */
public final class PartitionFiles {
  /** The name of the file of the leader epochs. */
  public static final String LEADER_EPOCHS = "leader-epoch-checkpoint";

  /** The name of the file of the log start offset. */
  public static final String LOG_START = "log-start-offset";

  /** The name of the synced mark, and its kind. */
  public static final String SYNCED_MARK = "acknowledged-when-synced";

  /** The name of the file that says up to where compaction has seen the log. */
  public static final String CLEANED = "cleaner-offset-checkpoint";

  private static final String CLEANED_KIND = "cleaner-offset";
  private static final String LEADER_EPOCHS_KIND = "leader-epochs";
  private static final String LOG_START_KIND = "log-start-offset";
  private static final int VERSION = 1;

  private PartitionFiles() {}

  /**
   * The epochs as last written; empty if they never were.
   *
   * @throws CorruptFileException if the file is damaged
   */
  public static Optional<LeaderEpochCache> readLeaderEpochs(FileStore store, Path directory)
      throws IOException {
    Path path = directory.resolve(LEADER_EPOCHS);
    Optional<Checkpoint> checkpoint = Checkpoint.read(store, path, LEADER_EPOCHS_KIND, VERSION);
    if (checkpoint.isEmpty()) {
      return Optional.empty();
    }
    try {
      List<LeaderEpochCache.Entry> entries = new ArrayList<>();
      for (String line : checkpoint.get().lines()) {
        String[] fields = line.split(" ", -1);
        entries.add(
            new LeaderEpochCache.Entry(Integer.parseInt(fields[0]), Long.parseLong(fields[1])));
      }
      return Optional.of(LeaderEpochCache.of(entries));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new CorruptFileException(path, String.valueOf(e.getMessage()));
    }
  }

  /** Replaces the epochs, durably. */
  static void writeLeaderEpochs(FileStore store, Path directory, LeaderEpochCache epochs)
      throws IOException {
    List<String> lines =
        epochs.entries().stream().map(e -> e.epoch() + " " + e.startOffset()).toList();
    new Checkpoint(LEADER_EPOCHS_KIND, VERSION, lines)
        .write(store, directory.resolve(LEADER_EPOCHS));
  }

  /**
   * The log start offset as last written; empty if it never was.
   *
   * @throws CorruptFileException if the file is damaged
   */
  public static OptionalLong readLogStart(FileStore store, Path directory) throws IOException {
    return readOffset(store, directory.resolve(LOG_START), LOG_START_KIND);
  }

  /**
   * Up to where compaction has seen the log; empty if it never ran.
   *
   * @throws CorruptFileException if the file is damaged
   */
  public static OptionalLong readCleaned(FileStore store, Path directory) throws IOException {
    return readOffset(store, directory.resolve(CLEANED), CLEANED_KIND);
  }

  /** Replaces the offset up to which compaction has seen the log, durably. */
  static void writeCleaned(FileStore store, Path directory, long offset) throws IOException {
    new Checkpoint(CLEANED_KIND, VERSION, List.of(Long.toString(offset)))
        .write(store, directory.resolve(CLEANED));
  }

  private static OptionalLong readOffset(FileStore store, Path path, String kind)
      throws IOException {
    Optional<Checkpoint> checkpoint = Checkpoint.read(store, path, kind, VERSION);
    if (checkpoint.isEmpty()) {
      return OptionalLong.empty();
    }
    List<String> lines = checkpoint.get().lines();
    try {
      if (lines.size() == 1) {
        return OptionalLong.of(Long.parseLong(lines.get(0)));
      }
      throw new CorruptFileException(path, "lines: " + lines.size() + " (expected: 1)");
    } catch (NumberFormatException e) {
      throw new CorruptFileException(path, "'" + lines.get(0) + "' (expected: an offset)");
    }
  }

  /** Replaces the log start offset, durably. */
  static void writeLogStart(FileStore store, Path directory, long offset) throws IOException {
    new Checkpoint(LOG_START_KIND, VERSION, List.of(Long.toString(offset)))
        .write(store, directory.resolve(LOG_START));
  }

  /**
   * Whether the synced mark is there.
   *
   * @throws CorruptFileException if the file is damaged
   */
  static boolean readSyncedMark(FileStore store, Path directory) throws IOException {
    return Checkpoint.read(store, directory.resolve(SYNCED_MARK), SYNCED_MARK, VERSION).isPresent();
  }

  /** Makes the synced mark, durably. */
  static void writeSyncedMark(FileStore store, Path directory) throws IOException {
    new Checkpoint(SYNCED_MARK, VERSION, List.of()).write(store, directory.resolve(SYNCED_MARK));
  }

  /** Takes the synced mark away, durably. */
  static void removeSyncedMark(FileStore store, Path directory) throws IOException {
    store.delete(directory.resolve(SYNCED_MARK));
    store.forceDirectory(directory);
  }
}
