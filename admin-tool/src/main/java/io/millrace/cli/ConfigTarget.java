package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.ConfigResource;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Whose settings a command is about. */
final class ConfigTarget {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = {"-t", "--topic"},
      paramLabel = "NAME",
      description = "Of a topic.")
  private Optional<String> topic = Optional.empty();

  @Option(
      names = "--broker",
      paramLabel = "NODE",
      converter = Numbers.AtLeastOne.class,
      description = "Of a broker, by its node id.")
  private Optional<Integer> broker = Optional.empty();

  @Option(
      names = "--cluster",
      description = "Of the cluster: what holds on each broker for which nothing else is set.")
  private boolean cluster;

  /**
   * Whose.
   *
   * @throws ParameterException unless exactly one is named
   */
  ConfigResource resource() {
    List<ConfigResource> named = new ArrayList<>();
    topic.ifPresent(name -> named.add(new ConfigResource.Topic(name)));
    broker.ifPresent(id -> named.add(new ConfigResource.Broker(id)));
    if (cluster) {
      named.add(new ConfigResource.Cluster());
    }
    if (named.size() != 1) {
      throw new ParameterException(
          command.commandLine(),
          named.isEmpty()
              ? "whose settings? give --topic NAME, --broker NODE or --cluster"
              : "whose settings? give only one of --topic, --broker and --cluster");
    }
    return named.get(0);
  }

  /** What a refusal is for a person: with what to look at next. */
  RuntimeException explained(CliContext context, Admin admin, MillraceException refusal) {
    if (refusal.code() == ErrorCode.UNKNOWN_TOPIC && topic.isPresent()) {
      return ErrorReports.unknownTopic(context, topic.get(), admin::listTopics);
    }
    String said = refusal.error().message() + " [" + refusal.code() + "]";
    String commandName = context.command();
    return switch (refusal.code()) {
      case UNKNOWN_BROKER, BROKER_NOT_AVAILABLE ->
          new CliException(said, "see them all:  " + commandName + " cluster nodes");
      case INVALID_CONFIG ->
          new CliException(said, "see them all:  " + commandName + " config list " + options());
      default -> refusal;
    };
  }

  private String options() {
    return topic
        .map(name -> "--topic " + name)
        .or(() -> broker.map(id -> "--broker " + id))
        .orElse("--cluster");
  }
}
