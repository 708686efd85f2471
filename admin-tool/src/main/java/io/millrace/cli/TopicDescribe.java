package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.ConfigValue;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.PartitionStatus;
import io.millrace.client.api.PartitionStatus.ReplicaStatus;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace topic describe}. */
@Command(
    name = "describe",
    description = {
      "Shows a topic's partitions, replicas and settings.",
      "",
      "REPLICAS are the assigned brokers; ISR those in sync, OSR the others; ELR those of the others that may",
      "lead all the same. Consumers read from START to HW, the high watermark. Of each replica: where it",
      "starts and ends, and how many offsets it is BEHIND the leader, or ahead of what the leader told a moment",
      "before. What a broker does not tell is a ?. A replica whose log was found corrupt is named at the end.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} topic describe orders",
      "  ${ROOT-COMMAND-NAME} topic describe orders -o wide   (all settings, not only its own)",
      "  ${ROOT-COMMAND-NAME} topic describe orders -o json   (for programs)",
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
      List<PartitionStatus> states = admin.listPartitions(topic.name());
      output.print(
          context,
          () -> TopicReports.data(topic, states),
          () -> text(topic, states, output.wide()));
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

  /** The topic for people; wide with all settings and replicas. */
  static String text(TopicDescription topic, List<PartitionStatus> states, boolean wide) {
    return "topic        "
        + topic.name()
        + "\nid           "
        + topic.id()
        + "\nreplication  "
        + topic.replicationFactor()
        + "\n\n"
        + partitions(states)
        + replicas(states, wide)
        + unknown(states)
        + corrupt(states)
        + settings(topic, wide);
  }

  private static Table partitions(List<PartitionStatus> states) {
    Table table =
        new Table("PARTITION", "LEADER", "EPOCH", "REPLICAS", "ISR", "OSR", "ELR", "START", "HW");
    for (PartitionStatus status : states) {
      PartitionDescription p = status.partition();
      table.row(
          p.partition(),
          p.leader() == 0 ? "none" : Integer.toString(p.leader()),
          p.leaderEpoch(),
          TopicReports.nodes(p.replicas()),
          TopicReports.nodes(p.inSyncReplicas()),
          TopicReports.nodes(status.outOfSyncReplicas()),
          TopicReports.nodes(p.eligibleLeaderReplicas()),
          offset(status.leader().map(ReplicaStatus::startOffset).orElse(-1L)),
          offset(status.highWatermark()));
    }
    return table;
  }

  /** Where each replica is; of a partition's only one the rest tells enough. */
  private static String replicas(List<PartitionStatus> states, boolean wide) {
    Table table = new Table("PARTITION", "REPLICA", "ROLE", "IN SYNC", "START", "END", "BEHIND");
    boolean copied = false;
    for (PartitionStatus status : states) {
      copied |= status.replicas().size() > 1;
      for (ReplicaStatus replica : status.replicas()) {
        table.row(
            status.partition().partition(),
            replica.nodeId(),
            replica.nodeId() == status.partition().leader() ? "leader" : "follower",
            replica.inSync() ? "yes" : "no",
            offset(replica.startOffset()),
            offset(replica.endOffset()),
            behind(replica));
      }
    }
    return copied || wide ? "\n" + table : "";
  }

  private static Object offset(long offset) {
    return offset < 0 ? "?" : offset;
  }

  /** How far behind the leader a replica is, or ahead. */
  static Object behind(ReplicaStatus replica) {
    return replica.offsetsAhead() > 0
        ? replica.offsetsAhead() + " ahead"
        : offset(replica.offsetsBehind());
  }

  /** A line for each replica whose log was found corrupt, whatever its part. */
  static String corrupt(List<PartitionStatus> states) {
    StringBuilder text = new StringBuilder();
    for (PartitionStatus status : states) {
      for (ReplicaStatus replica : status.replicas()) {
        replica
            .corruptOffset()
            .ifPresent(
                offset ->
                    text.append(
                        "the replica of partition %d on broker %d is corrupt at offset %d%n"
                            .formatted(status.partition().partition(), replica.nodeId(), offset)));
      }
    }
    return text.isEmpty() ? "" : "\n" + text;
  }

  private static String unknown(List<PartitionStatus> states) {
    StringBuilder text = new StringBuilder();
    for (PartitionStatus status : states) {
      int number = status.partition().partition();
      Optional<MillraceError> partition = TopicReports.whyUnknown(status);
      partition.ifPresent(why -> line(text, "offsets of partition " + number, why));
      for (ReplicaStatus replica : status.replicas()) {
        replica
            .whyUnknown()
            .filter(why -> !partition.equals(Optional.of(why)))
            .ifPresent(
                why ->
                    line(
                        text,
                        "the replica of partition %d on broker %d"
                            .formatted(number, replica.nodeId()),
                        why));
      }
    }
    return text.isEmpty() ? "" : "\n" + text;
  }

  private static void line(StringBuilder text, String what, MillraceError why) {
    text.append(what).append(" not known: ").append(TopicReports.text(why)).append('\n');
  }

  private static String settings(TopicDescription topic, boolean wide) {
    Table table = new Table("SETTING", "VALUE", "SOURCE");
    List<ConfigValue> shown =
        topic.configs().stream()
            .filter(c -> wide || c.source() == ConfigValue.Source.TOPIC)
            .toList();
    shown.forEach(c -> table.row(c.key(), c.value(), c.source().name().toLowerCase(Locale.ROOT)));
    return shown.isEmpty() ? "" : "\n" + table;
  }
}
