package io.millrace.cli;

import io.millrace.client.api.MillraceClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace quorum add}. */
@Command(
    name = "add",
    description = {
      "Adds a voter: a running node that was prepared with `format`. It gets all entries first."
    },
    footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} quorum add 4@node-4:9652:9651"})
final class QuorumAdd implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      paramLabel = "ID@HOST[:QUORUM-PORT:INTERNAL-PORT]",
      description = "Which node, and where the others reach it.")
  private String voter = "";

  QuorumAdd(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      QuorumReports.print(context, output, client.admin(), client.admin().addVoter(voter));
    }
    return 0;
  }
}
