package io.millrace.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace topic}. */
@Command(
    name = "topic",
    description = "Creates, lists, describes, changes and deletes topics, and deletes records.",
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} topic create orders --partitions 6",
      "  ${ROOT-COMMAND-NAME} topic list",
    })
final class TopicCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(
        new Member("create", TopicCreate.class),
        new Member("list", TopicList.class),
        new Member("describe", TopicDescribe.class),
        new Member("alter", TopicAlter.class),
        new Member("delete", TopicDelete.class),
        new Member("delete-records", TopicDeleteRecords.class));
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(),
        "what about topics? create, list, describe, alter, delete or delete-records");
  }
}
