package io.millrace.cli;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.BrokerDescription;
import io.millrace.client.api.MillraceClient;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace cluster nodes}. */
@Command(
    name = "nodes",
    description = {
      "Lists the nodes that have registered as brokers, and what each may do.",
      "active: it may lead; fenced: its process has ended or is silent, or has only begun;"
          + " in_controlled_shutdown: it hands over what it leads, and stops; drained: it leads"
          + " nothing that another one can (broker drain).",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} cluster nodes",
      "  ${ROOT-COMMAND-NAME} cluster nodes -o json",
    })
final class ClusterNodes implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  ClusterNodes(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      List<BrokerDescription> brokers = client.admin().listBrokers();
      output.print(
          context,
          () -> brokers.stream().map(ClusterNodes::data).toList(),
          () -> (output.wide() ? wide(brokers) : table(brokers)).toString());
    }
    return 0;
  }

  private static Table table(List<BrokerDescription> brokers) {
    Table table = new Table("NODE", "STATE", "CONTROLLER", "ADDRESS", "RACK");
    brokers.forEach(b -> table.row(b.nodeId(), shown(b), controller(b), b.address(), b.rack()));
    return table;
  }

  private static Table wide(List<BrokerDescription> brokers) {
    Table table =
        new Table(
            "NODE",
            "STATE",
            "CONTROLLER",
            "ADDRESS",
            "RACK",
            "INTERNAL",
            "EPOCH",
            "FEATURES",
            "LOG DIRS");
    brokers.forEach(
        b ->
            table.row(
                b.nodeId(),
                shown(b),
                controller(b),
                b.address(),
                b.rack(),
                internal(b),
                b.registration().epoch(),
                b.registration().minFeatureLevel() + "-" + b.registration().maxFeatureLevel(),
                b.registration().logDirIds().size()));
    return table;
  }

  private static Map<String, Object> data(BrokerDescription broker) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("node_id", broker.nodeId());
    data.put("state", state(broker));
    data.put("drained", broker.standing().drained());
    data.put("controller", broker.controller());
    data.put("address", broker.address().toString());
    data.put("internal_address", internal(broker));
    data.put("rack", broker.rack());
    data.put("epoch", broker.registration().epoch());
    data.put("incarnation_id", broker.registration().incarnationId().toString());
    data.put(
        "log_dir_ids", broker.registration().logDirIds().stream().map(UUID::toString).toList());
    data.put("min_feature_level", broker.registration().minFeatureLevel());
    data.put("max_feature_level", broker.registration().maxFeatureLevel());
    return data;
  }

  private static String shown(BrokerDescription broker) {
    return state(broker) + (broker.standing().drained() ? ", drained" : "");
  }

  private static String state(BrokerDescription broker) {
    return broker.state().name().toLowerCase(Locale.ROOT);
  }

  private static String controller(BrokerDescription broker) {
    return broker.controller() ? "active" : "";
  }

  private static String internal(BrokerDescription broker) {
    return broker.internalAddress().map(BrokerAddress::toString).orElse("");
  }
}
