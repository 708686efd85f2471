package io.millrace.cli;

import io.millrace.client.api.MillraceClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace quorum transfer}. */
@Command(
    name = "transfer",
    description = {
      "Makes another voter the controller, for example before its machine is stopped."
    },
    footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} quorum transfer 3"})
final class QuorumTransfer implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      paramLabel = "NODE",
      converter = Numbers.AtLeastOne.class,
      description = "The id of its node.")
  private int node;

  QuorumTransfer(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      QuorumReports.print(context, output, client.admin(), client.admin().transferLeadership(node));
    }
    return 0;
  }
}
