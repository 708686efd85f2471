package io.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace topic}. */
@Command(
    name = "topic",
    description = "Creates, lists, describes, changes and deletes topics.",
    subcommands = {
      TopicCreate.class,
      TopicList.class,
      TopicDescribe.class,
      TopicAlter.class,
      TopicDelete.class,
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} topic create orders --partitions 6",
      "  ${ROOT-COMMAND-NAME} topic list",
    })
final class TopicCommand implements Runnable {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "what about topics? create, list, describe, alter or delete");
  }
}
