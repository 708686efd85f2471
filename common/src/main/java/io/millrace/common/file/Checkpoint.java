package io.millrace.common.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * A small text file for a few values, versioned and checked, that a person can read. Immutable.
 *
 * <p>UTF-8, every line ends in {@code \n}:
 *
 * <pre>
 * millrace &lt;kind&gt; &lt;version&gt;
 * &lt;line&gt;
 * …
 * crc32c &lt;8 lower-case hex digits: CRC32C of every byte before this line&gt;
 * </pre>
 *
 * @param kind what the file is, one word
 * @param version of the lines' format, from 1
 * @param lines without line ends, in the file's order
 */
public record Checkpoint(String kind, int version, List<String> lines) {
  private static final String MAGIC = "millrace";
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,8}");
  private static final String CRC_PREFIX = "crc32c ";
  private static final int CRC_LINE_BYTES = CRC_PREFIX.length() + 8 + 1;

  public Checkpoint {
    lines = List.copyOf(lines);
    if (kind.isEmpty() || kind.chars().anyMatch(Character::isWhitespace)) {
      throw new IllegalArgumentException("kind: '" + kind + "' (expected: one word)");
    }
    if (version < 1) {
      throw new IllegalArgumentException("version: " + version + " (expected: >= 1)");
    }
    for (String line : lines) {
      if (line.indexOf('\n') >= 0 || line.indexOf('\r') >= 0) {
        throw new IllegalArgumentException("line: '" + line + "' (expected: no line end in it)");
      }
    }
  }

  /** The file's bytes. */
  public byte[] encode() {
    StringBuilder text = new StringBuilder();
    text.append(MAGIC).append(' ').append(kind).append(' ').append(version).append('\n');
    lines.forEach(line -> text.append(line).append('\n'));
    byte[] body = text.toString().getBytes(StandardCharsets.UTF_8);
    String crcLine = CRC_PREFIX + HexFormat.of().toHexDigits(crcOf(body, body.length)) + "\n";
    return ByteBuffer.allocate(body.length + CRC_LINE_BYTES)
        .put(body)
        .put(crcLine.getBytes(StandardCharsets.US_ASCII))
        .array();
  }

  /** Writes it in place of what is there, in one step and durably. */
  public void write(FileStore store, Path path) throws IOException {
    AtomicFile.write(store, path, encode());
  }

  /**
   * Reads a checkpoint; empty if the file is missing.
   *
   * @param maxVersion the newest version that the caller understands
   * @throws CorruptFileException if it is damaged, of another kind, or of a newer version
   */
  public static Optional<Checkpoint> read(FileStore store, Path path, String kind, int maxVersion)
      throws IOException {
    if (!store.exists(path)) {
      return Optional.empty();
    }
    Checkpoint checkpoint = decode(AtomicFile.read(store, path), path);
    if (!checkpoint.kind.equals(kind)) {
      throw new CorruptFileException(
          path, "kind: " + checkpoint.kind + " (expected: " + kind + ")");
    }
    if (checkpoint.version > maxVersion) {
      throw new CorruptFileException(
          path,
          "version: "
              + checkpoint.version
              + " (expected: at most "
              + maxVersion
              + "; a newer release wrote it)");
    }
    return Optional.of(checkpoint);
  }

  /**
   * Reads the file's bytes.
   *
   * @param path for messages
   */
  static Checkpoint decode(byte[] bytes, Path path) throws CorruptFileException {
    int bodyLength = bytes.length - CRC_LINE_BYTES;
    if (bodyLength < 0) {
      throw new CorruptFileException(path, "length: " + bytes.length + " (expected: a checksum)");
    }
    String crcLine = new String(bytes, bodyLength, CRC_LINE_BYTES, StandardCharsets.US_ASCII);
    String expected = CRC_PREFIX + HexFormat.of().toHexDigits(crcOf(bytes, bodyLength)) + "\n";
    if (!crcLine.equals(expected)) {
      throw new CorruptFileException(
          path, "last line: '" + crcLine.strip() + "' (expected: '" + expected.strip() + "')");
    }
    List<String> lines = text(bytes, bodyLength, path).lines().toList();
    String[] header = lines.isEmpty() ? new String[0] : lines.get(0).split(" ", -1);
    if (header.length != 3 || !header[0].equals(MAGIC) || !VERSION.matcher(header[2]).matches()) {
      throw new CorruptFileException(
          path, "first line is wrong (expected: '" + MAGIC + " <kind> <version>')");
    }
    return new Checkpoint(header[1], Integer.parseInt(header[2]), lines.subList(1, lines.size()));
  }

  private static String text(byte[] bytes, int length, Path path) throws CorruptFileException {
    try {
      ByteBuffer body = ByteBuffer.wrap(bytes, 0, length);
      return StandardCharsets.UTF_8.newDecoder().decode(body).toString();
    } catch (CharacterCodingException e) {
      throw new CorruptFileException(path, "is not UTF-8");
    }
  }

  private static int crcOf(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }
}
