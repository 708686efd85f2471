package io.millrace.cli;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.TopicDescription;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace topic create}. */
@Command(
    name = "create",
    description = "Creates a topic and waits until it can be used.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} topic create orders --partitions 6",
      "  ${ROOT-COMMAND-NAME} topic create audit -c retention.ms=7d -c flush.mode=commit",
    })
final class TopicCreate implements Callable<Integer>, TopicSettings.User {
  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      paramLabel = "NAME",
      description = "1 to 249 of a-z A-Z 0-9 . _ - and neither '.' nor '..'.")
  private String name = "";

  @Option(
      names = {"-p", "--partitions"},
      paramLabel = "N",
      converter = Numbers.AtLeastOne.class,
      description = "How many partitions. Default: the cluster's num.partitions.")
  private Optional<Integer> partitions = Optional.empty();

  @Option(
      names = {"-r", "--replication-factor"},
      paramLabel = "N",
      converter = Numbers.AtLeastOne.class,
      description = "How many replicas of each. Default: the cluster's.")
  private Optional<Integer> replicationFactor = Optional.empty();

  @Mixin private TopicSettings settings = new TopicSettings();

  TopicCreate(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    Map<String, String> configs = settings.values();
    try (MillraceClient client = connection.connect(context)) {
      TopicDescription topic =
          client
              .admin()
              .createTopic(
                  new NewTopic(name, partitions.orElse(0), replicationFactor.orElse(0), configs));
      output.print(
          context,
          () -> TopicReports.changed(topic, client.admin()),
          () ->
              "created topic "
                  + topic.name()
                  + " with "
                  + TopicReports.count(topic.partitions().size(), "partition")
                  + ", replication factor "
                  + topic.replicationFactor()
                  + "\n");
    }
    return 0;
  }
}
