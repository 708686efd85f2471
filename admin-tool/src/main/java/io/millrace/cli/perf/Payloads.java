package io.millrace.cli.perf;

import io.millrace.cli.CliException;
import io.millrace.cli.InputFile;
import io.millrace.cli.LineReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Values for records, all made before the first is sent. They are handed out by turns and never
 * changed: a value may be under way more than once at a time.
 */
final class Payloads {
  /** How much is made of random bytes: many times a batch, so that no codec finds a value twice. */
  private static final int RANDOM_BYTES = 16 << 20;

  private static final int RANDOM_VALUES_MIN = 8;
  private static final int RANDOM_VALUES_MAX = 1 << 16;

  /** How much of a file is used. */
  static final long FILE_BYTES_MAX = 256 << 20;

  private static final long SEED = 42;

  private Payloads() {}

  /** Random bytes, which no codec makes shorter; the same ones in every run. */
  static List<byte[]> random(int recordBytes) {
    int count =
        Math.max(RANDOM_VALUES_MIN, Math.min(RANDOM_VALUES_MAX, RANDOM_BYTES / recordBytes));
    SplittableRandom random = new SplittableRandom(SEED);
    List<byte[]> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      byte[] value = new byte[recordBytes];
      random.nextBytes(value);
      values.add(value);
    }
    return values;
  }

  /** The lines of a file that have anything in them. */
  static List<byte[]> lines(Path file) {
    List<byte[]> values = new ArrayList<>();
    try (InputStream in = InputFile.open(file)) {
      LineReader reader = new LineReader(in);
      long bytes = 0;
      for (Optional<byte[]> line = reader.next();
          line.isPresent() && bytes < FILE_BYTES_MAX;
          line = reader.next()) {
        if (line.get().length > 0) {
          values.add(line.get());
          bytes += line.get().length;
        }
      }
    } catch (IOException e) {
      throw InputFile.unreadable(file, e);
    }
    if (values.isEmpty()) {
      throw InputFile.empty(file.toString());
    }
    return values;
  }

  /** A file cut into pieces of one length; a shorter rest is left out. */
  static List<byte[]> pieces(Path file, int recordBytes) {
    List<byte[]> values = new ArrayList<>();
    int rest;
    try (InputStream in = InputFile.open(file)) {
      byte[] piece = in.readNBytes(recordBytes);
      while (piece.length == recordBytes && (long) values.size() * recordBytes < FILE_BYTES_MAX) {
        values.add(piece);
        piece = in.readNBytes(recordBytes);
      }
      rest = piece.length;
    } catch (IOException e) {
      throw InputFile.unreadable(file, e);
    }
    if (values.isEmpty()) {
      throw new CliException(
          file + " has " + rest + " bytes (expected: a record of " + recordBytes + " or more)");
    }
    return values;
  }
}
