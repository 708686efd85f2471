package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.ConfigValue;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
      "  millrace topic describe orders",
      "  millrace topic describe orders -o wide   (all settings, not only its own)",
    })
final class TopicDescribe implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "NAME", description = "The topic.")
  private String name = "";

  /** The offsets of the partitions that have a leader. */
  private record Bounds(Map<TopicPartition, Long> starts, Map<TopicPartition, Long> ends) {}

  TopicDescribe(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      Admin admin = client.admin();
      TopicDescription topic = describe(admin);
      Bounds bounds = bounds(admin, topic);
      output.print(context, () -> data(topic, bounds), () -> text(topic, bounds));
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

  private static Bounds bounds(Admin admin, TopicDescription topic) {
    Map<TopicPartition, OffsetSpec> starts = new HashMap<>();
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    for (PartitionDescription partition : topic.partitions()) {
      if (partition.leader() != 0) {
        TopicPartition id = new TopicPartition(topic.name(), partition.partition());
        starts.put(id, OffsetSpec.earliest());
        ends.put(id, OffsetSpec.latest());
      }
    }
    return new Bounds(admin.offsets(starts), admin.offsets(ends));
  }

  private static Object data(TopicDescription topic, Bounds bounds) {
    Map<String, Object> data = TopicReports.data(topic);
    List<Object> partitions = new ArrayList<>();
    for (PartitionDescription partition : topic.partitions()) {
      TopicPartition id = new TopicPartition(topic.name(), partition.partition());
      Map<String, Object> row = TopicReports.data(partition);
      row.put("start_offset", bounds.starts().getOrDefault(id, -1L));
      row.put("end_offset", bounds.ends().getOrDefault(id, -1L));
      partitions.add(row);
    }
    data.put("partitions", partitions);
    return data;
  }

  private String text(TopicDescription topic, Bounds bounds) {
    Table partitions = new Table("PARTITION", "LEADER", "EPOCH", "REPLICAS", "ISR", "START", "END");
    for (PartitionDescription p : topic.partitions()) {
      TopicPartition id = new TopicPartition(topic.name(), p.partition());
      partitions.row(
          p.partition(),
          p.leader() == 0 ? "none" : Integer.toString(p.leader()),
          p.leaderEpoch(),
          TopicReports.nodes(p.replicas()),
          TopicReports.nodes(p.inSyncReplicas()),
          bounds.starts().getOrDefault(id, -1L),
          bounds.ends().getOrDefault(id, -1L));
    }
    return "topic        "
        + topic.name()
        + "\nid           "
        + topic.id()
        + "\nreplication  "
        + topic.replicationFactor()
        + "\n\n"
        + partitions
        + settings(topic);
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
