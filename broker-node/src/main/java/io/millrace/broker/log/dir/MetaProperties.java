package io.millrace.broker.log.dir;

import io.millrace.broker.log.dir.DataDirException.Reason;
import io.millrace.common.file.AtomicFile;
import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Whose a data directory is: {@code meta.properties}. Immutable.
 *
 * <pre>
 * version=1
 * cluster.id=&lt;the cluster's id&gt;
 * node.id=&lt;the node's number&gt;
 * directory.id=&lt;UUID of this directory&gt;
 * crc32c=&lt;8 hex digits: CRC32C of every byte before this line&gt;
 * </pre>
 *
 * @param clusterId the cluster's id, without white space
 * @param nodeId the node's number, from 1
 * @param directoryId names this directory as long as its contents live
 */
public record MetaProperties(String clusterId, int nodeId, UUID directoryId) {
  /** What the file is called. */
  public static final String FILE_NAME = "meta.properties";

  /** The version of the directory's layout; a directory of a newer one is refused. */
  public static final int VERSION = 1;

  private static final String CRC_KEY = "crc32c=";
  private static final int CRC_LINE_BYTES = CRC_KEY.length() + 8 + 1;

  public MetaProperties {
    if (clusterId.isEmpty() || clusterId.chars().anyMatch(Character::isWhitespace)) {
      throw new IllegalArgumentException("cluster.id: '" + clusterId + "' (expected: one word)");
    }
    if (nodeId < 1) {
      throw new IllegalArgumentException("node.id: " + nodeId + " (expected: >= 1)");
    }
  }

  /**
   * Reads it; empty if the directory is not formatted.
   *
   * @throws DataDirException if it is damaged or of a newer version
   */
  static Optional<MetaProperties> read(FileStore store, Path directory) throws IOException {
    Path path = directory.resolve(FILE_NAME);
    if (!store.exists(path)) {
      return Optional.empty();
    }
    byte[] bytes = AtomicFile.read(store, path);
    int bodyLength = bytes.length - CRC_LINE_BYTES;
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (bodyLength < 0) {
      throw corrupt(directory, "bytes: " + bytes.length + " (expected: >= " + CRC_LINE_BYTES + ")");
    }
    String expected = crcLine(bytes, bodyLength);
    if (!text.endsWith(expected)) {
      String found = new String(bytes, bodyLength, CRC_LINE_BYTES, StandardCharsets.UTF_8);
      throw corrupt(
          directory,
          "last line: '"
              + found.strip()
              + "' (expected: '"
              + expected.strip()
              + "', the checksum of the lines above)");
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (String line : new String(bytes, 0, bodyLength, StandardCharsets.UTF_8).split("\n", -1)) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        values.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    return Optional.of(parse(directory, values));
  }

  private static MetaProperties parse(Path directory, Map<String, String> values)
      throws DataDirException {
    String version = values.getOrDefault("version", "");
    if (!version.equals(String.valueOf(VERSION))) {
      throw new DataDirException(
          directory,
          Reason.WRONG_VERSION,
          FILE_NAME
              + ": version: '"
              + version
              + "' (expected: "
              + VERSION
              + "; a newer release wrote it: start that one)");
    }
    try {
      return new MetaProperties(
          values.getOrDefault("cluster.id", ""),
          Integer.parseInt(values.getOrDefault("node.id", "")),
          UUID.fromString(values.getOrDefault("directory.id", "")));
    } catch (IllegalArgumentException e) {
      throw corrupt(directory, String.valueOf(e.getMessage()));
    }
  }

  private static DataDirException corrupt(Path directory, String what) {
    return new DataDirException(
        directory,
        Reason.CORRUPT,
        "%s is damaged or was changed: %s; put it back from a copy, the logs are not touched"
            .formatted(directory.resolve(FILE_NAME), what));
  }

  /** Writes it durably. */
  void write(FileStore store, Path directory) throws IOException {
    AtomicFile.write(store, directory.resolve(FILE_NAME), encode());
  }

  /** The file's bytes. */
  byte[] encode() {
    String body =
        "version="
            + VERSION
            + "\ncluster.id="
            + clusterId
            + "\nnode.id="
            + nodeId
            + "\ndirectory.id="
            + directoryId
            + "\n";
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return (body + crcLine(bytes, bytes.length)).getBytes(StandardCharsets.UTF_8);
  }

  private static String crcLine(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return CRC_KEY + String.format("%08x", crc.getValue()) + "\n";
  }
}
