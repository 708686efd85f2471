package io.millrace.cli;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.TopicDescription;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace topic list}. */
@Command(
    name = "list",
    description = "Lists the topics by name.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} topic list",
      "  ${ROOT-COMMAND-NAME} topic list -o json"
    })
final class TopicList implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  TopicList(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      List<TopicDescription> topics = client.admin().listTopics();
      output.print(
          context,
          () -> topics.stream().map(TopicReports::summary).toList(),
          () -> topics.isEmpty() ? "" : table(topics));
      if (topics.isEmpty() && !output.forPrograms()) {
        context
            .err()
            .println("no topics yet; create one:  " + context.command() + " topic create NAME");
      }
    }
    return 0;
  }

  private String table(List<TopicDescription> topics) {
    if (output.wide()) {
      Table table = new Table("NAME", "PARTITIONS", "REPLICATION", "WITHOUT LEADER", "ID");
      topics.forEach(
          t ->
              table.row(
                  t.name(),
                  t.partitions().size(),
                  t.replicationFactor(),
                  t.partitions().stream().filter(p -> p.leader() == 0).count(),
                  t.id()));
      return table.toString();
    }
    Table table = new Table("NAME", "PARTITIONS", "REPLICATION");
    topics.forEach(t -> table.row(t.name(), t.partitions().size(), t.replicationFactor()));
    return table.toString();
  }
}
