package io.millrace.broker.server;

import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.log.dir.DirectoryIds;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.file.FileStore;
import io.millrace.metadata.FirstMembers;
import io.millrace.metadata.MetadataStorageException;
import io.millrace.metadata.ratis.MetadataStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/** Prepares the data directories of a node at a person's word. Stateless. */
public final class StorageFormat {
  private StorageFormat() {}

  /**
   * What was prepared.
   *
   * @param directoryId the id of the first directory: with the node's, the voter's identity
   */
  public record Formatted(String clusterId, int nodeId, UUID directoryId) {}

  /**
   * Prepares the directories.
   *
   * @param config with the cluster's and the node's ids
   * @param first whether it is one of the voters that a new cluster begins with, and never was
   *     another one; else it is a new voter, which waits to be added
   * @throws StartException if they are prepared already, or can't be
   */
  public static Formatted format(FileStore store, EffectiveConfig config, boolean first) {
    NodeVoters voters = NodeVoters.of(config);
    requireUnformatted(store, config);
    if (first && !voters.alone()) {
      voters.requireOwn();
      voters.requireSoundNumber();
    }
    DataDirs dirs =
        DataDirs.open(
            store,
            config,
            Optional.empty(),
            first ? DirectoryIds::first : (clusterId, nodeId) -> UUID.randomUUID());
    try {
      FirstMembers members =
          first ? Bootstrap.firstMembers(voters, dirs.clusterId()) : new FirstMembers.Joining();
      MetadataStorage.format(
          store, Wiring.ratis(config, dirs), members, MetadataStorage.State.FORMATTED);
      return new Formatted(
          dirs.clusterId(), voters.nodeId(), dirs.directories().get(0).directoryId());
    } catch (MetadataStorageException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    } finally {
      dirs.release();
    }
  }

  private static void requireUnformatted(FileStore store, EffectiveConfig config) {
    try {
      for (String path : config.get(NodeSettings.DATA_DIRS)) {
        var found = DataDir.identify(store, Path.of(path));
        if (found.isPresent()) {
          throw new StartException(
              "data directory "
                  + path
                  + " is formatted already: cluster "
                  + found.get().clusterId()
                  + ", node "
                  + found.get().nodeId()
                  + " (expected: an empty or missing directory)");
        }
      }
    } catch (IOException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }
}
