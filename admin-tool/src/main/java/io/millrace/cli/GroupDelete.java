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

/** {@code millrace group delete}. */
@Command(
    name = "delete",
    description =
        "Deletes a group that has no members, with what it has committed, without asking.",
    footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} group delete billing"})
final class GroupDelete implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "GROUP", description = "The group.")
  private String name = "";

  GroupDelete(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      delete(client.admin());
      output.print(context, () -> Map.of("deleted", name), () -> "deleted group " + name + "\n");
    }
    return 0;
  }

  /** A name that is only near must not be put into anyone's hand. */
  private void delete(Admin admin) {
    try {
      admin.deleteGroup(name);
    } catch (MillraceException e) {
      throw e.code() == ErrorCode.UNKNOWN_GROUP
          ? new CliException(
              "group '" + name + "' does not exist [" + e.code() + "]",
              "see them all:  " + context.command() + " group list")
          : GroupReports.explained(context, name, admin, e);
    }
  }
}
