package io.millrace.cli;

import io.millrace.metadata.image.CorruptSnapshotException;
import io.millrace.metadata.image.MetadataCursor;
import io.millrace.metadata.image.SnapshotCodec;
import io.millrace.metadata.image.SnapshotCodec.Snapshot;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace metadata snapshot-inspect}. */
@Command(
    name = "snapshot-inspect",
    description = {
      "Prints everything that a snapshot of the metadata says, a value a line, by its path.",
      "It only reads, and the node may run: what it has done since the snapshot is not in it.",
      "With -o json an object a line.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} metadata snapshot-inspect data",
      "  ${ROOT-COMMAND-NAME} metadata snapshot-inspect data /topics/orders -o json",
    })
final class MetadataSnapshotInspect implements Callable<Integer> {
  private static final Pattern SNAPSHOT = Pattern.compile("snapshot\\.(\\d+)_(\\d+)");

  private final CliContext context;

  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      index = "0",
      paramLabel = "FILE",
      description =
          "A snapshot, or a directory with some: the newest, such as of a data directory.")
  private Path file = Path.of("");

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "PATH",
      description = "Only what lies at or below this path.")
  private String under = "/";

  MetadataSnapshotInspect(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    Path snapshotFile = Files.isDirectory(file) ? newest(file) : file;
    Snapshot snapshot = read(snapshotFile);
    context.err().println("snapshot " + snapshotFile + " of the cluster " + snapshot.clusterId());
    PathValues values = new PathValues(context, output);
    try {
      new MetadataCursor(snapshot.image(), under)
          .forEachRemaining(step -> step.forEach(leaf -> values.print(leaf.name(), leaf.value())));
      values.end(under, "metadata snapshot-inspect " + file);
    } catch (CancellationException outputClosed) {
      return 0; // Told by the command's end.
    }
    return 0;
  }

  private static Path newest(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(path -> SNAPSHOT.matcher("" + path.getFileName()).matches())
          .max(Comparator.comparingLong(MetadataSnapshotInspect::index))
          .orElseThrow(
              () ->
                  new CliException(
                      "there is no snapshot in "
                          + directory
                          + " (expected: one; a node writes it once its log has grown)"));
    } catch (UncheckedIOException e) {
      throw new CliException("can't read " + directory + ": " + e.getMessage());
    }
  }

  /** How far a snapshot of that name reaches. */
  private static long index(Path path) {
    Matcher name = SNAPSHOT.matcher("" + path.getFileName());
    return name.matches() ? Long.parseLong(name.group(2)) : 0;
  }

  private static Snapshot read(Path path) {
    try (InputStream in = new BufferedInputStream(InputFile.open(path))) {
      return SnapshotCodec.decode(bytes -> next(in, bytes));
    } catch (CorruptSnapshotException e) {
      throw new CliException("the snapshot " + path + " is damaged: " + e.getMessage());
    } catch (UncheckedIOException e) {
      throw new CliException("can't read " + path + ": " + e.getMessage());
    } catch (IOException e) {
      throw InputFile.unreadable(path, e);
    }
  }

  private static ByteBuffer next(InputStream in, int bytes) {
    try {
      return ByteBuffer.wrap(in.readNBytes(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
