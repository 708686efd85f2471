package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.ConfigValue;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace topic describe}. */
@Command(
    name = "describe",
    description = "Shows a topic's partitions, offsets and settings.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} topic describe orders",
      "  ${ROOT-COMMAND-NAME} topic describe orders -o wide   (all settings, not only its own)",
    })
final class TopicDescribe implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "NAME", description = "The topic.")
  private String name = "";

  TopicDescribe(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      Admin admin = client.admin();
      TopicDescription topic = describe(admin);
      TopicBounds bounds = TopicBounds.of(admin, topic);
      output.print(context, () -> TopicReports.data(topic, bounds), () -> text(topic, bounds));
    }
    return 0;
  }

  private TopicDescription describe(Admin admin) {
    try {
      return admin.describeTopic(name);
    } catch (MillraceException e) {
      throw e.code() == ErrorCode.UNKNOWN_TOPIC
          ? ErrorReports.unknownTopic(context, name, admin::listTopics)
          : e;
    }
  }

  private String text(TopicDescription topic, TopicBounds bounds) {
    Table partitions = new Table("PARTITION", "LEADER", "EPOCH", "REPLICAS", "ISR", "START", "END");
    for (PartitionDescription p : topic.partitions()) {
      partitions.row(
          p.partition(),
          p.leader() == 0 ? "none" : Integer.toString(p.leader()),
          p.leaderEpoch(),
          TopicReports.nodes(p.replicas()),
          TopicReports.nodes(p.inSyncReplicas()),
          offset(bounds.start(p.partition())),
          offset(bounds.end(p.partition())));
    }
    return "topic        "
        + topic.name()
        + "\nid           "
        + topic.id()
        + "\nreplication  "
        + topic.replicationFactor()
        + "\n\n"
        + partitions
        + unknown(bounds)
        + settings(topic);
  }

  private static Object offset(long offset) {
    return offset < 0 ? "?" : offset;
  }

  private static String unknown(TopicBounds bounds) {
    StringBuilder text = new StringBuilder();
    bounds
        .unknown()
        .forEach(
            (partition, why) ->
                text.append("offsets of partition ")
                    .append(partition)
                    .append(" not known: ")
                    .append(why.message())
                    .append(" [")
                    .append(why.code())
                    .append("]\n"));
    return text.isEmpty() ? "" : "\n" + text;
  }

  private String settings(TopicDescription topic) {
    Table table = new Table("SETTING", "VALUE", "SOURCE");
    List<ConfigValue> shown =
        topic.configs().stream()
            .filter(c -> output.wide() || c.source() == ConfigValue.Source.TOPIC)
            .toList();
    shown.forEach(c -> table.row(c.key(), c.value(), c.source().name().toLowerCase(Locale.ROOT)));
    return shown.isEmpty() ? "" : "\n" + table;
  }
}
