package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace topic delete}. */
@Command(
    name = "delete",
    description = "Deletes a topic and its data, without asking.",
    footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} topic delete orders"})
final class TopicDelete implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "NAME", description = "The topic.")
  private String name = "";

  TopicDelete(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      delete(client.admin());
      output.print(context, () -> Map.of("deleted", name), () -> "deleted topic " + name + "\n");
    }
    return 0;
  }

  private void delete(Admin admin) {
    try {
      admin.deleteTopic(name);
    } catch (MillraceException e) {
      throw e.code() == ErrorCode.UNKNOWN_TOPIC
          ? ErrorReports.unknownTopicToDelete(context, name)
          : e;
    }
  }
}
