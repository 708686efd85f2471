package io.millrace.client.api;

import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A broker's log directories.
 *
 * @param nodeId its node id
 * @param logDirs the directories; none if they are not told
 * @param error why they are not told; empty if they are
 */
public record BrokerLogDirs(int nodeId, List<LogDir> logDirs, Optional<MillraceError> error) {
  public BrokerLogDirs {
    logDirs = List.copyOf(logDirs);
  }

  /**
   * A log directory.
   *
   * @param id its id; empty if it could not be opened at the broker's start
   * @param path its path on the broker's machine; empty if it could not be opened
   * @param online whether it works
   * @param whyOffline why it does not, or empty
   * @param volume the space on its volume
   * @param replicas how many replicas lie in it
   * @param replicaBytes the bytes of their segments together
   */
  public record LogDir(
      Optional<UUID> id,
      String path,
      boolean online,
      String whyOffline,
      Volume volume,
      int replicas,
      long replicaBytes) {}

  /**
   * Space on a volume.
   *
   * @param totalBytes its bytes; -1 if that is not known
   * @param usableBytes those that can still be written; -1 if that is not known
   */
  public record Volume(long totalBytes, long usableBytes) {}
}
