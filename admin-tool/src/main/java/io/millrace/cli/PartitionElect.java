package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.ElectionReport;
import io.millrace.client.api.ElectionReport.Outcome;
import io.millrace.client.api.ElectionType;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace partition elect}. */
@Command(
    name = "elect",
    description = {
      "Gives the leadership of partitions back to their preferred leaders, the first of their"
          + " replicas, where those are in sync.",
      "With --unclean: elects any live replica where there is no leader. Acknowledged records may be"
          + " lost.",
      "Ends with exit code 1 if a partition is not led as wished then.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} partition elect orders",
      "  ${ROOT-COMMAND-NAME} partition elect --all-topics",
      "  ${ROOT-COMMAND-NAME} partition elect orders --partition 3 --unclean",
    })
final class PartitionElect implements Callable<Integer> {
  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();
  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(arity = "0..1", paramLabel = "TOPIC", description = "The topic.")
  private Optional<String> topic = Optional.empty();

  @Option(
      names = {"-p", "--partition"},
      paramLabel = "N[,N…]",
      split = ",",
      converter = Numbers.NotNegative.class,
      description = "Only these of its partitions. Default: all.")
  private List<Integer> partitions = List.of();

  @Option(names = "--all-topics", description = "All partitions of the cluster.")
  private boolean allTopics;

  @Option(
      names = "--unclean",
      description = "Elect also who may lack records, where there is no leader.")
  private boolean unclean;

  PartitionElect(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    if (topic.isPresent() == allTopics) {
      throw new ParameterException(
          command.commandLine(), "which partitions? give a TOPIC or --all-topics");
    }
    if (allTopics && !partitions.isEmpty()) {
      throw new ParameterException(command.commandLine(), "--partition is for one TOPIC");
    }
    try (MillraceClient client = connection.connect(context)) {
      ElectionReport report = elect(client.admin());
      output.print(context, () -> data(report), () -> text(report));
      return report.failed() == 0 ? 0 : ErrorReports.FAILURE;
    }
  }

  private ElectionReport elect(Admin admin) {
    ElectionType type = unclean ? ElectionType.UNCLEAN : ElectionType.PREFERRED;
    if (topic.isEmpty()) {
      return admin.electAllLeaders(type);
    }
    try {
      return admin.electLeaders(type, Map.of(topic.get(), new TreeSet<>(partitions)));
    } catch (MillraceException e) {
      throw e.code() == ErrorCode.UNKNOWN_TOPIC
          ? ErrorReports.unknownTopic(context, topic.get(), admin::listTopics)
          : e;
    }
  }

  private static Map<String, Object> data(ElectionReport report) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("elected", report.elected());
    data.put("failed", report.failed());
    data.put("partitions", report.outcomes().stream().map(PartitionElect::data).toList());
    return data;
  }

  private static Map<String, Object> data(Outcome outcome) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("topic", outcome.partition().topic());
    data.put("partition", outcome.partition().partition());
    data.put("leader", outcome.leader());
    data.put("leader_epoch", outcome.leaderEpoch());
    outcome
        .error()
        .ifPresent(
            error -> {
              data.put("error", error.code().name());
              data.put("message", error.message());
            });
    return data;
  }

  private String text(ElectionReport report) {
    String summary =
        TopicReports.count(report.elected(), "partition")
            + (report.elected() == 1 ? " has" : " have")
            + " another leader now, "
            + TopicReports.count(report.failed(), "partition")
            + (report.failed() == 1 ? " is" : " are")
            + " not led as wished\n";
    if (report.outcomes().isEmpty()) {
      return summary;
    }
    Table table = new Table("TOPIC", "PARTITION", "LEADER", "EPOCH", "WHY NOT AS WISHED");
    for (Outcome each : report.outcomes()) {
      table.row(
          each.partition().topic(),
          each.partition().partition(),
          each.leader() == 0 ? "none" : "" + each.leader(),
          each.leaderEpoch(),
          each.error().map(error -> error.message() + " [" + error.code() + "]").orElse(""));
    }
    int shown = report.outcomes().size();
    String more =
        topic.isEmpty() && report.failed() > shown
            ? "… and " + (report.failed() - shown) + " more\n"
            : "";
    return table + more + summary;
  }
}
