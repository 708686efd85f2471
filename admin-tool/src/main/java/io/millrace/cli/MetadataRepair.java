package io.millrace.cli;

import io.millrace.common.file.FileLockedException;
import io.millrace.common.file.RealFileStore;
import io.millrace.metadata.ratis.MetadataLogRepair;
import io.millrace.metadata.ratis.MetadataLogRepair.Damage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace metadata repair}. */
@Command(
    name = "repair",
    description = {
      "Finds a damaged record in the metadata log of a stopped node, and cuts it if it is the last.",
      "A power loss leaves the record so that was being written; nobody was told that it was. One"
          + " that was acknowledged and has rotted since looks the same: a backup is better then.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} metadata repair data",
      "  ${ROOT-COMMAND-NAME} metadata repair data --execute",
    })
final class MetadataRepair implements Callable<Integer> {
  private final CliContext context;
  private final RealFileStore store = new RealFileStore();

  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "DATA", description = "The node's (first) data directory.")
  private Path data = Path.of("");

  @Option(names = "--execute", description = "Cut it. Without, only says what would be cut.")
  private boolean execute;

  MetadataRepair(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    Path directory = data.resolve("metadata");
    try {
      if (!store.isDirectory(directory.resolve("raft"))) {
        throw new CliException(
            "there is no metadata log in " + data, "name the data directory of a node");
      }
      Optional<Damage> damage = MetadataLogRepair.inspect(store, directory);
      if (damage.isEmpty()) {
        output.print(context, () -> data("good", damage), () -> "every record is good\n");
        return 0;
      }
      return repair(directory, damage.get());
    } catch (FileLockedException e) {
      throw new CliException("a node is running on " + data, "stop it first");
    } catch (IOException e) {
      throw new CliException(String.valueOf(e.getMessage()));
    }
  }

  private int repair(Path directory, Damage damage) throws IOException {
    String where = "byte " + damage.position() + " of " + damage.segment();
    if (!damage.last()) {
      throw new CliException(
          "a record is damaged at " + where + ", and good ones follow: it can't be cut",
          "restore " + directory + " from a backup");
    }
    if (!execute) {
      output.print(
          context,
          () -> data("damaged", Optional.of(damage)),
          () ->
              "the last record is damaged at "
                  + where
                  + " ("
                  + TopicReports.count(damage.bytes(), "byte")
                  + ")\nto cut it:  "
                  + context.command()
                  + " metadata repair "
                  + data
                  + " --execute\n");
      return ErrorReports.FAILURE;
    }
    Path kept = MetadataLogRepair.cut(store, directory, damage);
    output.print(
        context,
        () -> data("cut", Optional.of(damage)),
        () -> "cut the last record at " + where + "; its bytes are in " + kept + "\n");
    return 0;
  }

  private static Map<String, Object> data(String state, Optional<Damage> damage) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("state", state);
    damage.ifPresent(
        found -> {
          data.put("file", found.segment().toString());
          data.put("position", found.position());
          data.put("bytes", found.bytes());
          data.put("last", found.last());
        });
    return data;
  }
}
