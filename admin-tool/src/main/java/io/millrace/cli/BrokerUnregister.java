package io.millrace.cli;

import io.millrace.client.api.MillraceClient;
import io.millrace.common.MillraceException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace broker unregister}. */
@Command(
    name = "unregister",
    description = {
      "Takes a broker out of the cluster that will not come back. It must be fenced: stop it first.",
      "Replicas that are assigned to it stay assigned: give them to others before, with `partition"
          + " reassign`.",
    },
    footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} broker unregister 4"})
final class BrokerUnregister implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      paramLabel = "NODE",
      converter = Numbers.AtLeastOne.class,
      description = "The broker's node id.")
  private int node;

  BrokerUnregister(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      client.admin().unregisterBroker(node);
      output.print(
          context,
          () -> Map.of("node_id", node, "unregistered", true),
          () -> "broker " + node + " is out of the cluster\n");
    } catch (MillraceException e) {
      throw BrokerReports.explained(context, e);
    }
    return 0;
  }
}
