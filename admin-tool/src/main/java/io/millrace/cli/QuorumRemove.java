package io.millrace.cli;

import io.millrace.client.api.MillraceClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace quorum remove}. */
@Command(
    name = "remove",
    description = {
      "Removes a voter, for example one whose disk is lost: prepare the node anew with `format`,"
          + " start it, and `add` it.",
      "The node itself ends when it hears of it.",
    },
    footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} quorum remove 2"})
final class QuorumRemove implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      paramLabel = "NODE",
      converter = Numbers.AtLeastOne.class,
      description = "The id of its node.")
  private int node;

  @Option(
      names = "--unsafe",
      description =
          "Even if no more than half of the others were heard of lately: the cluster stops until"
              + " they are back.")
  private boolean unsafe;

  QuorumRemove(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      QuorumReports.print(
          context, output, client.admin(), client.admin().removeVoter(node, unsafe));
    }
    return 0;
  }
}
