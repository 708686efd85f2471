package io.millrace.cli;

import java.util.List;

/** A command that is there for the commands below it. */
public interface CommandGroup {
  /**
   * One of them.
   *
   * @param name as its {@link picocli.CommandLine.Command} has it, here to be compared without
   *     reading that
   */
  record Member(String name, Class<?> type) {}

  /** The commands, in the order of the help. */
  List<Member> members();
}
