package io.millrace.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code millrace completion}. */
@Command(
    name = "completion",
    description = "Prints what makes a shell complete commands, options and values.",
    footer = {
      "%nExamples:",
      "  source <(${ROOT-COMMAND-NAME} completion bash)      (in ~/.bashrc to keep it)",
      "  source <(${ROOT-COMMAND-NAME} completion zsh)       (in ~/.zshrc)",
    })
final class CompletionCommand implements Callable<Integer> {
  /** A shell whose completion is known. */
  enum Shell {
    /** GNU Bash. */
    bash,
    /** The Z shell, by what it has for Bash. */
    zsh
  }

  private final CliContext context;

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}. Both get one script.")
  private Shell shell = Shell.bash;

  CompletionCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    String script =
        switch (shell) {
          // The script finds out where it runs.
          case bash, zsh -> AutoComplete.bash("millrace", Millrace.whole(context));
        };
    context.out().print(script);
    context.out().flush();
    return 0;
  }
}
