package io.millrace.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * Lines as bytes, without their line feed; a last line without one counts. Nothing is decoded, so
 * any bytes pass through unchanged. Confined to one thread.
 */
public final class LineReader {
  private static final int BUFFER_BYTES = 64 << 10;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;

  public LineReader(InputStream in) {
    this.in = in;
  }

  /** The next line, or empty at the end of the input. */
  public Optional<byte[]> next() throws IOException {
    ByteArrayOutputStream begun = new ByteArrayOutputStream(0);
    boolean any = false;
    while (fill()) {
      any = true;
      int start = position;
      while (position < limit && buffer[position] != '\n') {
        position++;
      }
      begun.write(buffer, start, position - start);
      if (position < limit) {
        position++;
        return Optional.of(begun.toByteArray());
      }
    }
    return any ? Optional.of(begun.toByteArray()) : Optional.empty();
  }

  private boolean fill() throws IOException {
    if (position == limit) {
      position = 0;
      limit = Math.max(0, in.read(buffer));
    }
    return position < limit;
  }
}
