package io.millrace.broker.log;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * The names of a segment's files: its base offset in 20 digits and what they hold.
 *
 * @param directory the partition's directory
 * @param baseOffset the offset of the segment's first record
 */
public record SegmentFiles(Path directory, long baseOffset) {
  /** The suffix of the file of batches. */
  public static final String LOG = ".log";

  /** The suffix of the {@link OffsetIndex}. */
  public static final String INDEX = ".index";

  /** The suffix of the {@link TimeIndex}. */
  public static final String TIME_INDEX = ".timeindex";

  /** The suffix of a {@link ProducerSnapshot}. */
  public static final String PRODUCER_SNAPSHOT = ".snapshot";

  /** Added to the name of a file that is to be deleted. */
  public static final String DELETED = ".deleted";

  /** Added to the name of a file that a cleaning has written and that is not in the log yet. */
  public static final String CLEANED = ".cleaned";

  /** Added to the name of a file that a cleaned one has taken the place of. */
  public static final String REPLACED = ".replaced";

  private static final int OFFSET_DIGITS = 20;

  /** The batches. */
  public Path log() {
    return file(LOG);
  }

  /** The offset index. */
  public Path index() {
    return file(INDEX);
  }

  /** The time index. */
  public Path timeIndex() {
    return file(TIME_INDEX);
  }

  /** The {@link SegmentChecksum}. */
  public Path checksum() {
    return file(SegmentChecksum.SUFFIX);
  }

  /** The producers' state at the segment's base offset. */
  Path producerSnapshot() {
    return file(PRODUCER_SNAPSHOT);
  }

  /** Everything that belongs to the segment; not all of it need exist. The batches come last. */
  List<Path> all() {
    return List.of(index(), timeIndex(), checksum(), producerSnapshot(), log());
  }

  /** What a cleaning writes anew. The batches come last. */
  List<Path> rewritten() {
    return List.of(index(), timeIndex(), checksum(), log());
  }

  /** The file under another name. */
  static Path suffixed(Path path, String suffix) {
    return path.resolveSibling(path.getFileName() + suffix);
  }

  private Path file(String suffix) {
    return directory.resolve(fileName(baseOffset, suffix));
  }

  static String fileName(long offset, String suffix) {
    String digits = Long.toString(offset);
    return "0".repeat(OFFSET_DIGITS - digits.length()) + digits + suffix;
  }

  /** The offset that a file is named by, if it is one of these with that suffix. */
  public static OptionalLong offsetOf(Path file, String suffix) {
    String name = String.valueOf(file.getFileName());
    if (name.length() != OFFSET_DIGITS + suffix.length() || !name.endsWith(suffix)) {
      return OptionalLong.empty();
    }
    for (int i = 0; i < OFFSET_DIGITS; i++) {
      if (name.charAt(i) < '0' || name.charAt(i) > '9') {
        return OptionalLong.empty();
      }
    }
    try {
      return OptionalLong.of(Long.parseLong(name.substring(0, OFFSET_DIGITS)));
    } catch (NumberFormatException beyondLong) {
      return OptionalLong.empty();
    }
  }
}
