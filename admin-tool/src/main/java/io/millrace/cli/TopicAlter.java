package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace topic alter}. */
@Command(
    name = "alter",
    description = "Changes a topic's settings, or adds partitions.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} topic alter orders --config retention.ms=7d",
      "  ${ROOT-COMMAND-NAME} topic alter orders --reset retention.ms",
      "  ${ROOT-COMMAND-NAME} topic alter orders --partitions 12",
    })
final class TopicAlter implements Callable<Integer>, TopicSettings.User {
  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();
  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "NAME", description = "The topic.")
  private String name = "";

  @Mixin private TopicSettings settings = new TopicSettings();

  @Option(
      names = "--reset",
      paramLabel = "KEY",
      description = "A setting that goes back to its default; may be repeated.")
  private List<String> resets = new ArrayList<>();

  @Option(
      names = {"-p", "--partitions"},
      paramLabel = "N",
      converter = Numbers.AtLeastOne.class,
      description = "The new number of partitions. Keys may map to other partitions from then on.")
  private Optional<Integer> partitions = Optional.empty();

  TopicAlter(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    Map<String, String> configs = settings.values();
    Set<String> reset = new LinkedHashSet<>(resets);
    if (configs.isEmpty() && reset.isEmpty() && partitions.isEmpty()) {
      throw mistake("nothing to change: give --config, --reset or --partitions");
    }
    reset.stream()
        .filter(configs::containsKey)
        .findFirst()
        .ifPresent(
            key -> {
              throw mistake(key + " is given to both --config and --reset");
            });
    try (MillraceClient client = connection.connect(context)) {
      Admin admin = client.admin();
      TopicDescription topic = alter(admin, configs, reset);
      output.print(
          context,
          () -> TopicReports.changed(topic, admin),
          () -> "changed topic " + topic.name() + "\n");
    }
    return 0;
  }

  private ParameterException mistake(String what) {
    return new ParameterException(command.commandLine(), what);
  }

  private TopicDescription alter(Admin admin, Map<String, String> configs, Set<String> reset) {
    try {
      if (partitions.isEmpty()) {
        return admin.alterTopic(name, configs, reset);
      }
      if (!configs.isEmpty() || !reset.isEmpty()) {
        // What can be told beforehand must not leave one half of the change behind.
        admin.validatePartitions(name, partitions.get());
        admin.alterTopic(name, configs, reset);
        return addPartitionsToChanged(admin, partitions.get());
      }
      return admin.createPartitions(name, partitions.get());
    } catch (MillraceException e) {
      throw e.code() == ErrorCode.UNKNOWN_TOPIC
          ? ErrorReports.unknownTopic(context, name, admin::listTopics)
          : e;
    }
  }

  private TopicDescription addPartitionsToChanged(Admin admin, int count) {
    try {
      return admin.createPartitions(name, count);
    } catch (MillraceException e) {
      throw new CliException(
          "the settings of "
              + name
              + " are changed, but its partitions are not: "
              + e.error().message()
              + " ["
              + e.code()
              + "]",
          "add them:      " + context.command() + " topic alter " + name + " -p " + count);
    }
  }
}
