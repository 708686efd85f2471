package io.millrace.broker.log.dir;

import io.millrace.common.TopicIdPartition;
import io.millrace.common.file.Checkpoint;
import io.millrace.common.file.CorruptFileException;
import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a data directory's own files say, read without opening it: for tools. Immutable.
 *
 * @param meta whose it is; empty if that is missing or damaged
 * @param cleanlyClosed whether the last process closed it in order
 * @param recoveryPoints up to where each log is surely on disk; empty if damaged
 * @param damages the files that are not what was written
 */
public record DataDirContents(
    Optional<MetaProperties> meta,
    boolean cleanlyClosed,
    Map<TopicIdPartition, Long> recoveryPoints,
    List<Damage> damages) {
  public DataDirContents {
    recoveryPoints = Map.copyOf(recoveryPoints);
    damages = List.copyOf(damages);
  }

  /**
   * A damaged file.
   *
   * @param file which
   * @param what what is wrong with it
   */
  public record Damage(Path file, String what) {}

  /** Whether there is a data directory at the path, be it damaged. */
  public static boolean isDataDir(FileStore store, Path path) throws IOException {
    return store.exists(path.resolve(MetaProperties.FILE_NAME));
  }

  /** Reads them; damage is reported, not thrown. */
  public static DataDirContents read(FileStore store, Path directory) throws IOException {
    List<Damage> damages = new ArrayList<>();
    Optional<MetaProperties> meta = Optional.empty();
    try {
      meta = MetaProperties.read(store, directory);
    } catch (DataDirException e) {
      damages.add(damage(directory.resolve(MetaProperties.FILE_NAME), e));
    }
    Optional<String> cleanId = readMark(store, directory.resolve(Marks.CLEAN_SHUTDOWN), damages);
    readMark(store, directory.resolve(Marks.BOOT_ID), damages);
    Map<TopicIdPartition, Long> recoveryPoints = new HashMap<>();
    Path recoveryPointsFile = directory.resolve(DataDir.RECOVERY_POINTS);
    try {
      recoveryPoints.putAll(new OffsetCheckpoint(store, recoveryPointsFile).read());
    } catch (CorruptFileException e) {
      damages.add(damage(recoveryPointsFile, e));
    }
    boolean cleanlyClosed =
        cleanId.isPresent() && cleanId.equals(meta.map(m -> m.directoryId().toString()));
    return new DataDirContents(meta, cleanlyClosed, recoveryPoints, damages);
  }

  private static Optional<String> readMark(FileStore store, Path file, List<Damage> damages)
      throws IOException {
    try {
      return Checkpoint.read(store, file, String.valueOf(file.getFileName()), 1)
          .flatMap(checkpoint -> checkpoint.lines().stream().findFirst());
    } catch (CorruptFileException e) {
      damages.add(damage(file, e));
      return Optional.empty();
    }
  }

  private static Damage damage(Path file, IOException e) {
    return new Damage(file, String.valueOf(e.getMessage()));
  }
}
