package io.millrace.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The settings that a command line gives a topic: each of them once. */
final class TopicSettings {
  /** A command that sets them. */
  interface User {}

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = {"-c", "--config"},
      paramLabel = "KEY=VALUE",
      description = "A setting of the topic; may be repeated.")
  private List<String> assignments = new ArrayList<>();

  /**
   * The values by key, in the order that they were given.
   *
   * @throws ParameterException if one is no assignment, or a key is there twice
   */
  Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    for (String assignment : assignments) {
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        throw mistake("--config: '" + assignment + "' (expected: KEY=VALUE)");
      }
      String key = assignment.substring(0, equals);
      if (values.put(key, assignment.substring(equals + 1)) != null) {
        throw mistake("--config: " + key + " is given more than once");
      }
    }
    return values;
  }

  private ParameterException mistake(String what) {
    return new ParameterException(command.commandLine(), what);
  }
}
