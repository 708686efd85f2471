package io.millrace.cli;

import io.millrace.client.api.MillraceClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace quorum status}. */
@Command(
    name = "status",
    description = {"Shows the voters: which is the controller, and how far the others are."},
    footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} quorum status"})
final class QuorumStatus implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  QuorumStatus(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      QuorumReports.print(context, output, client.admin(), client.admin().quorum());
    }
    return 0;
  }
}
