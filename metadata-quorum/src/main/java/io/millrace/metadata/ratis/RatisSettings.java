package io.millrace.metadata.ratis;

import java.nio.file.Path;
import java.util.UUID;

/**
 * Where and as whom a node takes part in the quorum.
 *
 * @param clusterId the cluster's id
 * @param nodeId the node's id, at least 1
 * @param directoryId the id of the data directory that holds the metadata: with the node's id, the
 *     voter's identity, so that a wiped voter is another one
 * @param directory the metadata's directory, {@code <data>/metadata}
 * @param host the address that the Ratis listener binds to. Whoever reaches it can change the
 *     quorum: keep it on loopback until the listener has TLS.
 * @param port the port that it binds to, or 0 for any
 * @param snapshots when snapshots are written
 */
public record RatisSettings(
    String clusterId,
    int nodeId,
    UUID directoryId,
    Path directory,
    String host,
    int port,
    SnapshotPolicy snapshots) {

  /**
   * When a snapshot is written: when the log has grown by this much since the last one.
   *
   * @param entries so many entries
   * @param bytes so many bytes of entries
   * @param segmentBytes the size of the log's files: what lies before a snapshot is cut in whole
   *     ones
   */
  public record SnapshotPolicy(long entries, long bytes, int segmentBytes) {
    private static final int SEGMENT_BYTES = 8 << 20;

    /** Every 20,000 entries or 16 MiB. */
    public static final SnapshotPolicy DEFAULT = new SnapshotPolicy(20_000, 16L << 20);

    public SnapshotPolicy(long entries, long bytes) {
      this(entries, bytes, SEGMENT_BYTES);
    }

    public SnapshotPolicy {
      if (entries < 1 || bytes < 1 || segmentBytes < 1) {
        throw new IllegalArgumentException(
            "snapshots after "
                + entries
                + " entries, "
                + bytes
                + " bytes; segments of "
                + segmentBytes
                + " bytes (expected: all >= 1)");
      }
    }
  }

  public RatisSettings {
    if (nodeId < 1) {
      throw new IllegalArgumentException("node id: " + nodeId + " (expected: >= 1)");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: [0, 65535])");
    }
  }

  /** The voter's identity. */
  String peerId() {
    return Peers.id(nodeId, directoryId).toString();
  }
}
