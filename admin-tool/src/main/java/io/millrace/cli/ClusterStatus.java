package io.millrace.cli;

import io.millrace.client.api.HealthDescription;
import io.millrace.client.api.HealthDescription.Problem;
import io.millrace.client.api.HealthDescription.Verdict;
import io.millrace.client.api.MillraceClient;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace cluster status}. */
@Command(
    name = "status",
    description = {
      "Says in one word how the cluster is, and what is wrong with it.",
      "OK: nothing; DEGRADED: everything is served, but a further loss may not be survived; DOWN:"
          + " something is refused. Any node answers, also while there is no controller.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} cluster status",
      "  ${ROOT-COMMAND-NAME} cluster status --names 100 -o json",
    },
    exitCodeList = {
      "0:OK or DEGRADED",
      "1:DOWN, or no node answers",
      "2:A mistake in the command line"
    })
final class ClusterStatus implements Callable<Integer> {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Option(
      names = "--names",
      paramLabel = "N",
      converter = Numbers.NotNegative.class,
      description =
          "How many partitions, brokers and so on are named for each problem. Default: 10.")
  private int names = 10;

  ClusterStatus(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    try (MillraceClient client = connection.connect(context)) {
      HealthDescription health = client.admin().health(names);
      output.print(context, () -> data(health), () -> text(health));
      return health.verdict() == Verdict.DOWN ? 1 : 0;
    }
  }

  static Map<String, Object> data(HealthDescription health) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("verdict", health.verdict().name());
    data.put("problems", health.problems().stream().map(ClusterStatus::data).toList());
    data.put("node_id", health.nodeId());
    data.put("revision", health.revision());
    data.put("controller_id", health.controllerId());
    data.put("voters", health.counts().voters());
    data.put("brokers", health.counts().brokers());
    data.put("topics", health.counts().topics());
    data.put("partitions", health.counts().partitions());
    return data;
  }

  private static Map<String, Object> data(Problem problem) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("kind", problem.kind());
    data.put("verdict", problem.verdict().name());
    data.put("count", problem.count());
    data.put("message", problem.message());
    data.put("names", problem.names());
    return data;
  }

  private static String text(HealthDescription health) {
    StringBuilder text = new StringBuilder(health.verdict().name()).append('\n');
    health.problems().forEach(problem -> append(text, problem));
    return text.append("as node ")
        .append(health.nodeId())
        .append(" sees it: ")
        .append(
            health.controllerId() == 0
                ? "no controller"
                : "controller on node " + health.controllerId())
        .append(", ")
        .append(amount(health.counts().voters(), "voter"))
        .append(", ")
        .append(amount(health.counts().brokers(), "broker"))
        .append(", ")
        .append(amount(health.counts().topics(), "topic"))
        .append(", ")
        .append(amount(health.counts().partitions(), "partition"))
        .append('\n')
        .toString();
  }

  private static String amount(int count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  private static void append(StringBuilder text, Problem problem) {
    text.append("  ").append(problem.verdict()).append("  ").append(problem.message()).append('\n');
    List<String> names = problem.names();
    names.forEach(name -> text.append("    ").append(name).append('\n'));
    int more = problem.count() - names.size();
    if (more > 0 && !names.isEmpty()) {
      text.append("    and ").append(more).append(" more (see --names)\n");
    }
  }
}
