package io.millrace.cli;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.ReplicaDescription;
import io.millrace.common.MillraceException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace broker replicas}. */
@Command(
    name = "replicas",
    description = "Lists the replicas on a broker with their sizes.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} broker replicas 2",
      "  ${ROOT-COMMAND-NAME} broker replicas 2 --topic orders -o json",
    })
final class BrokerReplicas implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      paramLabel = "NODE",
      converter = Numbers.AtLeastOne.class,
      description = "The broker's node id.")
  private int node;

  @Option(
      names = {"-t", "--topic"},
      paramLabel = "NAME",
      description = "Only those of this topic. Default: all.")
  private Optional<String> topic = Optional.empty();

  BrokerReplicas(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      List<ReplicaDescription> all = client.admin().listReplicas(node, topic);
      output.print(context, () -> all.stream().map(BrokerReplicas::data).toList(), () -> text(all));
    } catch (MillraceException e) {
      throw BrokerReports.explained(context, e);
    }
    return 0;
  }

  private String text(List<ReplicaDescription> all) {
    if (all.isEmpty()) {
      return "no replica"
          + topic.map(name -> " of " + name).orElse("")
          + " lies on broker "
          + node
          + "\n";
    }
    Table table = new Table("TOPIC", "PARTITION", "LEADS", "BYTES", "START", "END", "LOG DIR");
    all.forEach(
        r ->
            table.row(
                r.partition().topic(),
                r.partition().partition(),
                r.leads() ? "yes" : "no",
                BrokerReports.size(r.bytes()),
                r.startOffset(),
                r.endOffset(),
                r.logDirId()));
    return table.toString();
  }

  private static Map<String, Object> data(ReplicaDescription replica) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("topic", replica.partition().topic());
    data.put("partition", replica.partition().partition());
    data.put("leads", replica.leads());
    data.put("bytes", replica.bytes());
    data.put("start_offset", replica.startOffset());
    data.put("end_offset", replica.endOffset());
    data.put("log_dir_id", replica.logDirId().toString());
    return data;
  }
}
