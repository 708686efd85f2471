package io.millrace.broker.server;

import io.millrace.broker.log.dir.BootIdSource;
import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DataDirException;
import io.millrace.broker.log.dir.DataDirOpening;
import io.millrace.broker.log.dir.DirectoryIds;
import io.millrace.broker.log.dir.MetaProperties;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's data directories, locked by this process. Made once, by the thread that starts the
 * server.
 *
 * @param clusterId the cluster that they belong to
 * @param directories those that could be opened; the first holds the metadata log
 * @param missing what is wrong with the others
 * @param newNode whether they were prepared just now, for the first time
 */
record DataDirs(
    String clusterId, List<DataDir> directories, List<String> missing, boolean newNode) {
  private static final Logger log = LoggerFactory.getLogger(DataDirs.class);

  DataDirs {
    directories = List.copyOf(directories);
    missing = List.copyOf(missing);
  }

  /**
   * Opens the directories; prepares them first if none of them ever was, and later ones that are
   * added beside a prepared first one.
   *
   * @param clusterId the cluster that new directories are prepared for; empty for the configured
   *     one, or a new one
   * @throws StartException naming the directory and what to do
   */
  static DataDirs open(FileStore store, EffectiveConfig config, Optional<String> clusterId) {
    return open(store, config, clusterId, DirectoryIds::first);
  }

  /**
   * The same.
   *
   * @param firstId gives a new first directory its id, of the cluster's and the node's
   */
  static DataDirs open(
      FileStore store,
      EffectiveConfig config,
      Optional<String> clusterId,
      BiFunction<String, Integer, UUID> firstId) {
    List<Path> paths = config.get(NodeSettings.DATA_DIRS).stream().map(Path::of).toList();
    if (paths.isEmpty() || paths.stream().distinct().count() < paths.size()) {
      throw new StartException(
          NodeSettings.DATA_DIRS + ": " + paths + " (expected: at least one directory, each once)");
    }
    List<DataDir> opened = new ArrayList<>();
    try {
      return new Opener(store, config, paths, firstId).open(opened, clusterId);
    } catch (IOException | RuntimeException e) {
      new DataDirs("", opened, List.of(), false).release();
      throw e instanceof StartException known
          ? known
          : new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  /** The directory of the metadata log. */
  Path metadata() {
    return directories.get(0).path().resolve("metadata");
  }

  /** Gives up the locks. */
  void release() {
    for (DataDir directory : directories) {
      try {
        directory.close();
      } catch (IOException e) {
        log.warn("could not unlock {}", directory.path(), e);
      }
    }
  }

  /** Confined to the starting thread. */
  private static final class Opener {
    private final FileStore store;
    private final EffectiveConfig config;
    private final List<Path> paths;
    private final BiFunction<String, Integer, UUID> firstId;
    private final int nodeId;
    private final BootIdSource boots;

    Opener(
        FileStore store,
        EffectiveConfig config,
        List<Path> paths,
        BiFunction<String, Integer, UUID> firstId) {
      this.store = store;
      this.config = config;
      this.paths = paths;
      this.firstId = firstId;
      this.nodeId = config.get(NodeSettings.NODE_ID);
      this.boots = BootIdSource.ofKernel(store);
    }

    DataDirs open(List<DataDir> opened, Optional<String> newCluster) throws IOException {
      Optional<MetaProperties> first = DataDir.identify(store, paths.get(0));
      if (first.isEmpty()) {
        requireAllNew();
      }
      String configured = config.get(NodeSettings.CLUSTER_ID);
      String clusterId =
          !configured.isEmpty()
              ? configured
              : first
                  .map(MetaProperties::clusterId)
                  .or(() -> newCluster)
                  .orElseGet(() -> UUID.randomUUID().toString());
      List<String> missing = new ArrayList<>();
      for (Path path : paths) {
        openOne(path, clusterId, opened).ifPresent(missing::add);
      }
      DataDir.requireDistinct(opened);
      return new DataDirs(clusterId, opened, missing, first.isEmpty());
    }

    /** An empty first directory beside a used one is a lost disk, not a new node. */
    private void requireAllNew() throws IOException {
      for (Path path : paths) {
        if (DataDir.identify(store, path).isPresent()) {
          throw new StartException(
              "data directory "
                  + paths.get(0)
                  + " is not formatted, but "
                  + path
                  + " is: the directory with the metadata log is missing (mount or restore it; "
                  + NodeSettings.DATA_DIRS
                  + " names it first)");
        }
      }
    }

    /** Opens a directory, or says why the node goes on without it. */
    private Optional<String> openOne(Path path, String clusterId, List<DataDir> opened)
        throws IOException {
      DataDirOpening opening = new DataDirOpening(store, path, clusterId, nodeId, boots);
      try {
        if (DataDir.identify(store, path).isEmpty()) {
          UUID id = opened.isEmpty() ? firstId.apply(clusterId, nodeId) : UUID.randomUUID();
          opening.format(id);
          log.info("[broker {}] formatted data directory {} (id {})", nodeId, path, id);
        }
        opened.add(opening.open());
        return Optional.empty();
      } catch (DataDirException e) {
        if (opened.isEmpty() || !diskFailed(e)) {
          throw e;
        }
        log.error("[broker {}] goes on without a directory: {}", nodeId, e.getMessage());
        return Optional.of(String.valueOf(e.getMessage()));
      }
    }

    private static boolean diskFailed(DataDirException e) {
      return switch (e.reason()) {
        case IO_ERROR, NO_SPACE, NOT_WRITABLE -> true;
        case NOT_A_DIRECTORY,
            NOT_FORMATTED,
            NOT_EMPTY,
            WRONG_CLUSTER,
            WRONG_NODE,
            WRONG_VERSION,
            IN_USE,
            CORRUPT,
            DUPLICATE ->
            false;
      };
    }
  }
}
