package io.millrace.cli;

import io.millrace.client.api.DrainReport;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.MillraceException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace broker drain}. */
@Command(
    name = "drain",
    description = {
      "Has a broker lead nothing that another one can, and keeps new leaders and replicas off it:"
          + " before its machine is worked on.",
      "It stays so over restarts of the broker, until --undo. Its replicas stay where they are, and in"
          + " sync.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} broker drain 2",
      "  ${ROOT-COMMAND-NAME} broker drain 2 --undo",
    })
final class BrokerDrain implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      paramLabel = "NODE",
      converter = Numbers.AtLeastOne.class,
      description = "The broker's node id.")
  private int node;

  @Option(names = "--undo", description = "The broker may lead again.")
  private boolean undo;

  BrokerDrain(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      DrainReport report = drain(client);
      output.print(context, () -> data(report), () -> text(report));
    }
    return 0;
  }

  private DrainReport drain(MillraceClient client) {
    try {
      return undo ? client.admin().undrainBroker(node) : client.admin().drainBroker(node);
    } catch (MillraceException e) {
      throw BrokerReports.explained(context, e);
    }
  }

  private static Map<String, Object> data(DrainReport report) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("node_id", report.nodeId());
    data.put("drained", report.drained());
    data.put("leaders", report.leaders());
    return data;
  }

  private String text(DrainReport report) {
    String leads = "it leads " + TopicReports.count(report.leaders(), "partition");
    if (!report.drained()) {
      return "broker "
          + node
          + " may lead again; "
          + leads
          + "\nleaders come back by and by, or with:  "
          + context.command()
          + " partition elect --all-topics\n";
    }
    return report.leaders() == 0
        ? "broker " + node + " is drained: it leads nothing\n"
        : "broker " + node + " is drained; " + leads + ", which nobody else in sync can\n";
  }
}
