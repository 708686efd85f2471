package io.millrace.broker.log;

import io.millrace.common.file.Checkpoint;
import io.millrace.common.file.CorruptFileException;
import io.millrace.common.file.FileStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Lengths and checksums of a sealed segment's files, in a file beside them ({@code
 * %020d.checksum}). It covers every bit, also those that the batches' CRCs leave out. The lines of
 * the {@link Checkpoint}, kind {@code segment-checksum}, version 1:
 *
 * <pre>
 * log &lt;bytes&gt; &lt;crc32c, 8 hex digits&gt;
 * index &lt;bytes&gt; &lt;crc32c&gt;
 * timeindex &lt;bytes&gt; &lt;crc32c&gt;
 * </pre>
 *
 * <p>A segment that was active when its log was closed in order has one too, until it is appended
 * to.
 *
 * @param log of the batches
 * @param index of the offset index
 * @param timeIndex of the time index
 */
public record SegmentChecksum(FileSum log, FileSum index, FileSum timeIndex) {
  /** What the file is called after the segment's base offset. */
  public static final String SUFFIX = ".checksum";

  private static final String KIND = "segment-checksum";
  private static final int VERSION = 1;
  private static final List<String> NAMES = List.of("log", "index", "timeindex");

  /**
   * What a file's bytes must be.
   *
   * @param bytes how many
   * @param crc32c CRC32C of all of them, from 0 to 2^32 - 1
   */
  public record FileSum(long bytes, long crc32c) {
    /** Of the bytes between a buffer's position and limit. */
    public static FileSum of(ByteBuffer contents) {
      CRC32C crc = new CRC32C();
      crc.update(contents.duplicate());
      return new FileSum(contents.remaining(), crc.getValue());
    }
  }

  /** Writes it durably. */
  public void write(FileStore store, Path path) throws IOException {
    List<FileSum> sums = List.of(log, index, timeIndex);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < sums.size(); i++) {
      FileSum sum = sums.get(i);
      lines.add(NAMES.get(i) + " " + sum.bytes() + " " + String.format("%08x", sum.crc32c()));
    }
    new Checkpoint(KIND, VERSION, lines).write(store, path);
  }

  /**
   * Reads it; empty if the file is missing.
   *
   * @throws CorruptFileException if the file is damaged
   */
  public static Optional<SegmentChecksum> read(FileStore store, Path path) throws IOException {
    Optional<Checkpoint> checkpoint = Checkpoint.read(store, path, KIND, VERSION);
    if (checkpoint.isEmpty()) {
      return Optional.empty();
    }
    List<String> lines = checkpoint.get().lines();
    if (lines.size() != NAMES.size()) {
      throw new CorruptFileException(
          path, "lines: " + lines.size() + " (expected: " + NAMES.size() + ")");
    }
    List<FileSum> sums = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      sums.add(parse(path, NAMES.get(i), lines.get(i)));
    }
    return Optional.of(new SegmentChecksum(sums.get(0), sums.get(1), sums.get(2)));
  }

  private static FileSum parse(Path path, String name, String line) throws CorruptFileException {
    String[] fields = line.split(" ", -1);
    if (fields.length != 3 || !fields[0].equals(name)) {
      throw new CorruptFileException(
          path, "line: '" + line + "' (expected: '" + name + " <bytes> <crc32c>')");
    }
    try {
      return new FileSum(Long.parseLong(fields[1]), Long.parseLong(fields[2], 16));
    } catch (NumberFormatException e) {
      throw new CorruptFileException(path, "line: '" + line + "' (expected: numbers)");
    }
  }
}
