package io.millrace.cli;

import io.millrace.cli.CommandGroup.Member;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Puts commands below the root. Reading the options of all of them takes longer than running one:
 * where the arguments tell which is meant, it is the only one.
 *
 * @param factory makes the commands' objects
 */
record CommandTree(IFactory factory) {
  /** All commands, each with its options. */
  void addAll(CommandLine parent, List<Member> members) {
    for (Member member : members) {
      add(parent, member).ifPresent(group -> addAll(group.line(), group.members()));
    }
  }

  /**
   * The command that is meant; names and descriptions of all if no other argument can ask for more
   * than these; else all commands.
   */
  void addMeant(CommandLine parent, List<Member> members, List<String> words) {
    String first = words.isEmpty() ? "" : words.get(0);
    Optional<Member> meant = members.stream().filter(m -> m.name().equals(first)).findFirst();
    if (meant.isPresent()) {
      add(parent, meant.get())
          .ifPresent(
              group -> addMeant(group.line(), group.members(), words.subList(1, words.size())));
    } else if (words.size() > 1 || first.startsWith("@")) {
      addAll(parent, members);
    } else {
      members.forEach(member -> parent.addSubcommand(member.name(), described(member.type())));
    }
  }

  private record Group(CommandLine line, List<Member> members) {}

  private Optional<Group> add(CommandLine parent, Member member) {
    CommandLine line = new CommandLine(member.type(), factory);
    parent.addSubcommand(member.name(), line);
    return line.getCommand() instanceof CommandGroup group
        ? Optional.of(new Group(line, group.members()))
        : Optional.empty();
  }

  /** What the help of the command above tells. */
  private static CommandSpec described(Class<?> command) {
    CommandSpec spec = CommandSpec.create();
    Command annotation = command.getAnnotation(Command.class);
    if (annotation != null) {
      spec.usageMessage().description(annotation.description());
    }
    return spec;
  }
}
