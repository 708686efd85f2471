package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.ReassignmentDescription;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace partition reassign}. */
@Command(
    name = "reassign",
    description = {
      "Moves the replicas of partitions to other brokers, or makes more or fewer of them: all that"
          + " are named or, if one is refused, none.",
      "New replicas are copied from the leader; it ends by itself when they are in sync, and until"
          + " then the partition is served from where it was.",
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} partition reassign orders 0=2,3 1=3,1",
      "  ${ROOT-COMMAND-NAME} partition reassign orders --cancel      (all of the topic's)",
      "  ${ROOT-COMMAND-NAME} partition reassign orders 0 --cancel",
    })
final class PartitionReassign implements Callable<Integer> {
  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();
  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(index = "0", paramLabel = "TOPIC", description = "The topic.")
  private String topic = "";

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "N=NODE[,NODE…]",
      description =
          "A partition and the brokers that are to have its replicas, the preferred leader first;"
              + " with --cancel the partition only.")
  private List<String> moves = List.of();

  @Option(names = "--cancel", description = "Cancel what is under way.")
  private boolean cancel;

  @Option(names = "--validate-only", description = "Only look whether it would be accepted.")
  private boolean validateOnly;

  PartitionReassign(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    if (moves.isEmpty() && !cancel) {
      throw mistake("what is to be moved? give N=NODE,NODE… for each partition");
    }
    Map<TopicPartition, Optional<List<Integer>>> wanted = new TreeMap<>();
    for (String move : moves) {
      Move read = cancel ? new Move(number(move, move), Optional.empty()) : move(move);
      if (wanted.put(new TopicPartition(topic, read.partition()), read.replicas()) != null) {
        throw mistake("partition " + read.partition() + " is given more than once");
      }
    }
    try (MillraceClient client = connection.connect(context)) {
      List<ReassignmentDescription> now = alter(client.admin(), wanted);
      output.print(
          context, () -> now.stream().map(PartitionReassignments::data).toList(), () -> text(now));
    }
    return 0;
  }

  private record Move(int partition, Optional<List<Integer>> replicas) {}

  private Move move(String text) {
    int equals = text.indexOf('=');
    if (equals < 1) {
      throw mistake("'" + text + "' (expected: N=NODE,NODE…, such as 0=2,3)");
    }
    List<Integer> replicas = new ArrayList<>();
    for (String node : Arrays.asList(text.substring(equals + 1).split(",", -1))) {
      replicas.add(number(node.strip(), text));
    }
    return new Move(number(text.substring(0, equals), text), Optional.of(replicas));
  }

  private int number(String text, String whole) {
    try {
      int number = Integer.parseInt(text);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    String expected = cancel ? "the number of a partition" : "N=NODE,NODE…, such as 0=2,3";
    throw mistake("'" + whole + "' (expected: " + expected + ")");
  }

  private List<ReassignmentDescription> alter(
      Admin admin, Map<TopicPartition, Optional<List<Integer>>> wanted) {
    try {
      if (wanted.isEmpty()) {
        admin
            .listReassignments(Optional.of(topic))
            .forEach(r -> wanted.put(r.partition(), Optional.empty()));
      }
      if (wanted.isEmpty()) {
        return List.of();
      }
      return validateOnly ? admin.validateReassignments(wanted) : admin.alterReassignments(wanted);
    } catch (MillraceException e) {
      throw explained(admin, e);
    }
  }

  private RuntimeException explained(Admin admin, MillraceException e) {
    if (e.code() == ErrorCode.UNKNOWN_TOPIC) {
      return ErrorReports.unknownTopic(context, topic, admin::listTopics);
    }
    String said = e.error().message() + " [" + e.code() + "]";
    return switch (e.code()) {
      case INVALID_REPLICA_ASSIGNMENT ->
          new CliException(said, "see the brokers: " + context.command() + " cluster nodes");
      case NO_REASSIGNMENT_IN_PROGRESS ->
          new CliException(
              said, "see those that are: " + context.command() + " partition reassignments");
      default -> e;
    };
  }

  private String text(List<ReassignmentDescription> now) {
    if (now.isEmpty()) {
      return "no reassignment of " + topic + " is under way\n";
    }
    return (validateOnly ? "would be accepted; nothing was changed\n" : "")
        + PartitionReassignments.table(now);
  }

  private ParameterException mistake(String what) {
    return new ParameterException(command.commandLine(), what);
  }
}
