package io.millrace.broker.log;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.nio.file.Path;
import java.util.Map;

/**
 * Stored bytes are not what was appended (S25). Nothing of the batch is served; the rest of the log
 * is untouched.
 */
public final class CorruptBatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Path segment;
  private final long position;
  private final long offset;
  private final String defect;

  CorruptBatchException(Path segment, long position, long offset, String defect) {
    super(segment + " at byte " + position + ", offset " + offset + ": " + defect);
    this.segment = segment;
    this.position = position;
    this.offset = offset;
    this.defect = defect;
  }

  /** The segment's file. */
  public Path segment() {
    return segment;
  }

  /** Where in the file the bad batch begins. */
  public long position() {
    return position;
  }

  /** The offset that was expected there. */
  public long offset() {
    return offset;
  }

  /** The same for a client: names the segment, without the path. */
  public MillraceError error() {
    String name = String.valueOf(segment.getFileName());
    return new MillraceError(
        ErrorCode.CORRUPT_BATCH,
        "segment " + name + " at byte " + position + ", offset " + offset + ": " + defect,
        Map.of(
            "segment", name,
            "byte", String.valueOf(position),
            "offset", String.valueOf(offset)));
  }
}
