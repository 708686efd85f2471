package io.millrace.cli;

import io.millrace.broker.server.StartException;
import io.millrace.broker.server.StorageFormat;
import io.millrace.broker.server.StorageFormat.Formatted;
import io.millrace.common.file.RealFileStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace format}. */
@Command(
    name = "format",
    description = {
      "Prepares the empty data directories of a node for a cluster that has begun: as a new voter,"
          + " which waits for `quorum add`.",
      "Not needed for a new cluster: its voters prepare themselves when all of them are up.",
    },
    footer = {
      "%nExample:",
      "  ${ROOT-COMMAND-NAME} format --cluster-id ID --node-id 4 --set data.dirs=/d1",
    })
final class FormatCommand implements Callable<Integer> {
  private final CliContext context;

  @Mixin private SettingsOptions settings = new SettingsOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(
      names = "--cluster-id",
      required = true,
      paramLabel = "ID",
      description = "The cluster's id; `quorum status` tells it.")
  private String clusterId = "";

  @Option(
      names = "--node-id",
      required = true,
      paramLabel = "N",
      converter = Numbers.AtLeastOne.class,
      description = "The node's id.")
  private int nodeId;

  @Option(
      names = "--first",
      description =
          "As one of the voters that a new cluster begins with (quorum.voters), without waiting for"
              + " the others. Never for a node that has served before: it would vote without what"
              + " it had helped to commit.")
  private boolean first;

  FormatCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try {
      Formatted formatted =
          StorageFormat.format(
              new RealFileStore(),
              settings.effective(context, List.of("cluster.id=" + clusterId, "node.id=" + nodeId)),
              first);
      output.print(
          context,
          () ->
              Map.of(
                  "cluster_id", formatted.clusterId(),
                  "node_id", formatted.nodeId(),
                  "directory_id", formatted.directoryId().toString()),
          () -> text(formatted));
      return 0;
    } catch (StartException e) {
      throw new CliException(String.valueOf(e.getMessage()));
    }
  }

  private String text(Formatted formatted) {
    return "prepared for node "
        + formatted.nodeId()
        + " of the cluster "
        + formatted.clusterId()
        + " (directory "
        + formatted.directoryId()
        + ")\n"
        + (first
            ? ""
            : "start it, and then make it a voter:  "
                + context.command()
                + " quorum add "
                + formatted.nodeId()
                + "@HOST\n");
  }
}
