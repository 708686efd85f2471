package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.GroupOffset;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which partitions of a group are meant. */
final class GroupPartitions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = {"-t", "--topic"},
      paramLabel = "TOPIC[:N,N…]",
      description = "All partitions of a topic, or some; may be repeated.")
  private List<String> topics = new ArrayList<>();

  @Option(
      names = "--all-topics",
      description = "All partitions that the group has committed something for.")
  private boolean all;

  /** Finds mistakes that need no broker. */
  void check() {
    if (topics.isEmpty() != all) {
      throw mistake("which partitions? --topic TOPIC, --topic TOPIC:0,1 or --all-topics");
    }
    topics.forEach(this::numbers);
  }

  /** The partitions. */
  Set<TopicPartition> choose(CliContext context, Admin admin, String groupId) {
    Set<TopicPartition> chosen = new TreeSet<>();
    if (all) {
      admin.groupOffsets(groupId).stream().map(GroupOffset::partition).forEach(chosen::add);
    }
    for (String text : topics) {
      String topic = name(text);
      int count = count(context, admin, topic);
      Set<Integer> numbers = numbers(text);
      for (int number : numbers) {
        if (number >= count) {
          throw new CliException(
              topic + " has no partition " + number + " (expected: 0 to " + (count - 1) + ")");
        }
        chosen.add(new TopicPartition(topic, number));
      }
      for (int number = 0; numbers.isEmpty() && number < count; number++) {
        chosen.add(new TopicPartition(topic, number));
      }
    }
    return chosen;
  }

  private static int count(CliContext context, Admin admin, String topic) {
    try {
      return admin.describeTopic(topic).partitions().size();
    } catch (MillraceException e) {
      throw e.code() == ErrorCode.UNKNOWN_TOPIC
          ? ErrorReports.unknownTopic(context, topic, admin::listTopics)
          : e;
    }
  }

  private static String name(String text) {
    int colon = text.indexOf(':');
    return colon < 0 ? text : text.substring(0, colon);
  }

  /** Empty for all. */
  private Set<Integer> numbers(String text) {
    Set<Integer> numbers = new TreeSet<>();
    int colon = text.indexOf(':');
    if (colon >= 0) {
      for (String number : text.substring(colon + 1).split(",", -1)) {
        if (!number.matches("\\d{1,9}")) {
          throw mistake("--topic " + text + " (expected: TOPIC or TOPIC:N,N…, such as orders:0,2)");
        }
        numbers.add(Integer.parseInt(number));
      }
    }
    return numbers;
  }

  private ParameterException mistake(String what) {
    return new ParameterException(command.commandLine(), what);
  }
}
