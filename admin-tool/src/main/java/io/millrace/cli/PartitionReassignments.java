package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.ReassignmentDescription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace partition reassignments}. */
@Command(
    name = "reassignments",
    description = "Lists the reassignments that are under way.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} partition reassignments",
      "  ${ROOT-COMMAND-NAME} partition reassignments orders -o json",
    })
final class PartitionReassignments implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      arity = "0..1",
      paramLabel = "TOPIC",
      description = "Only those of this topic. Default: all.")
  private Optional<String> topic = Optional.empty();

  PartitionReassignments(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      List<ReassignmentDescription> all = list(client.admin());
      output.print(
          context,
          () -> all.stream().map(PartitionReassignments::data).toList(),
          () -> all.isEmpty() ? "no reassignment is under way\n" : table(all).toString());
    }
    return 0;
  }

  private List<ReassignmentDescription> list(Admin admin) {
    try {
      return admin.listReassignments(topic);
    } catch (MillraceException e) {
      throw e.code() == ErrorCode.UNKNOWN_TOPIC
          ? ErrorReports.unknownTopic(context, topic.orElse(""), admin::listTopics)
          : e;
    }
  }

  static Table table(List<ReassignmentDescription> all) {
    Table table = new Table("TOPIC", "PARTITION", "REPLICAS", "ADDING", "REMOVING", "STATE");
    for (ReassignmentDescription each : all) {
      table.row(
          each.partition().topic(),
          each.partition().partition(),
          TopicReports.nodes(each.replicas()),
          TopicReports.nodes(each.adding()),
          TopicReports.nodes(each.removing()),
          each.underWay() ? "under way" : "in place");
    }
    return table;
  }

  static Map<String, Object> data(ReassignmentDescription each) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("topic", each.partition().topic());
    data.put("partition", each.partition().partition());
    data.put("replicas", each.replicas());
    data.put("adding_replicas", each.adding());
    data.put("removing_replicas", each.removing());
    data.put("under_way", each.underWay());
    return data;
  }
}
