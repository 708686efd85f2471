package io.millrace.cli;

import io.millrace.client.api.MillraceClient;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The commands that print what a running node knows: values by path, as they come. */
abstract class MetadataDump implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  MetadataDump(CliContext context) {
    this.context = context;
  }

  /** What is asked for. */
  abstract String path();

  @Override
  public Integer call() {
    PathValues values = new PathValues(context, output);
    try (MillraceClient client = connection.connect(context)) {
      long revision =
          client.admin().dumpMetadata(path(), value -> values.print(value.path(), value.value()));
      values.end(path(), "metadata dump");
      context.err().println("revision " + revision);
    } catch (CancellationException outputClosed) {
      return 0; // Told by the command's end.
    }
    return 0;
  }

  /** {@code millrace metadata dump}. */
  @Command(
      name = "dump",
      description = {
        "Prints everything that a node knows of the cluster, a value a line, by its path.",
        "All of one revision, which is told on standard error. With -o json an object a line.",
      },
      footer = {
        "%nExamples:",
        "  ${ROOT-COMMAND-NAME} metadata dump",
        "  ${ROOT-COMMAND-NAME} metadata dump -o json --bootstrap node-2:9650",
      })
  static final class Everything extends MetadataDump {
    Everything(CliContext context) {
      super(context);
    }

    @Override
    String path() {
      return "/";
    }
  }

  /** {@code millrace metadata get}. */
  @Command(
      name = "get",
      description = "Prints what a node knows at or below a path, a value a line.",
      footer = {
        "%nExamples:",
        "  ${ROOT-COMMAND-NAME} metadata get /brokers",
        "  ${ROOT-COMMAND-NAME} metadata get /topics/orders/partitions/0",
      })
  static final class Get extends MetadataDump {
    @Parameters(index = "0", paramLabel = "PATH", description = "Such as /topics/NAME.")
    private String path = "";

    Get(CliContext context) {
      super(context);
    }

    @Override
    String path() {
      return path;
    }
  }
}
