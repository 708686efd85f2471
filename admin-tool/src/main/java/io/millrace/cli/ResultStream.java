package io.millrace.cli;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Standard output, which remembers why it could not be written: a print stream alone only knows
 * that something was wrong. Thread-safe.
 */
public final class ResultStream extends PrintStream {
  private static final int BUFFER_BYTES = 64 << 10;

  private final Target target;

  public ResultStream(OutputStream out) {
    this(new Target(out));
  }

  private ResultStream(Target target) {
    super(new BufferedOutputStream(target, BUFFER_BYTES), false, StandardCharsets.UTF_8);
    this.target = target;
  }

  /**
   * Writes what waits and tells why something is missing. A reader that has closed its pipe, as
   * {@code head} does, has all it wants: that is no failure.
   */
  Optional<String> failure() {
    flush();
    return Optional.ofNullable(target.failure)
        .map(e -> String.valueOf(e.getMessage()))
        .filter(why -> !why.toLowerCase(Locale.ROOT).contains("broken pipe"));
  }

  /** Where the bytes go. */
  private static final class Target extends FilterOutputStream {
    /** The first one. */
    private volatile @Nullable IOException failure;

    Target(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      try {
        out.write(bytes, from, length);
      } catch (IOException e) {
        failure = failure == null ? e : failure;
        throw e;
      }
    }

    @Override
    public void flush() throws IOException {
      try {
        out.flush();
      } catch (IOException e) {
        failure = failure == null ? e : failure;
        throw e;
      }
    }
  }
}
