package io.millrace.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The commands that write the file of profiles. */
final class ProfileChanges {
  private ProfileChanges() {}

  private static ProfileFile require(ProfileFile file, String name) {
    if (!file.profiles().containsKey(name)) {
      throw new CliException(file.unknown(name));
    }
    return file;
  }

  private static int tell(CliContext context, String what, ProfileFile file) {
    file.write();
    context.out().println(what + " in " + file.path());
    context.out().flush();
    return 0;
  }

  /** {@code millrace profile set}. */
  @Command(
      name = "set",
      description = "Creates a profile or changes values of it. Writes the file.",
      footer = {
        "%nExamples:",
        "  ${ROOT-COMMAND-NAME} profile set staging bootstrap=b1:9650,b2:9650 timeout=10s",
        "  ${ROOT-COMMAND-NAME} profile set staging --unset timeout",
      })
  static final class SetValues implements Callable<Integer> {
    private final CliContext context;

    @Spec private CommandSpec command = CommandSpec.create();

    @Parameters(index = "0", paramLabel = "NAME", description = "The profile.")
    private String name = "";

    @Parameters(
        index = "1..*",
        arity = "0..*",
        paramLabel = "KEY=VALUE",
        description = "bootstrap=HOST:PORT,…, timeout=TIME or output=FORMAT.")
    private List<String> assignments = new ArrayList<>();

    @Option(
        names = "--unset",
        paramLabel = "KEY",
        description = "Take this value out; may be repeated.")
    private List<String> unset = new ArrayList<>();

    SetValues(CliContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      if (!ProfileFile.isName(name)) {
        throw mistake("'" + name + "' (expected: " + ProfileFile.NAMES + ")");
      }
      Map<ProfileKey, String> values = values();
      List<ProfileKey> removed = unset.stream().map(this::key).toList();
      if (values.isEmpty() && removed.isEmpty()) {
        throw mistake("nothing to set: give KEY=VALUE or --unset KEY");
      }
      ProfileFile file = ProfileFile.read(context.environment());
      for (Map.Entry<ProfileKey, String> value : values.entrySet()) {
        file = file.with(name, value.getKey(), value.getValue());
      }
      for (ProfileKey key : removed) {
        file = require(file, name).without(name, key);
      }
      return tell(context, "set profile " + name, file);
    }

    private Map<ProfileKey, String> values() {
      Map<ProfileKey, String> values = new LinkedHashMap<>();
      for (String assignment : assignments) {
        int equals = assignment.indexOf('=');
        if (equals <= 0) {
          throw mistake("'" + assignment + "' (expected: KEY=VALUE)");
        }
        ProfileKey key = key(assignment.substring(0, equals));
        String value = assignment.substring(equals + 1).strip();
        Optional<String> defect = key.defect(value);
        if (defect.isPresent()) {
          throw mistake(key + ": " + defect.get());
        }
        values.put(key, value);
      }
      return values;
    }

    private ProfileKey key(String text) {
      return ProfileKey.of(text).orElseThrow(() -> mistake(ProfileFile.unknownKey(text)));
    }

    private ParameterException mistake(String what) {
      return new ParameterException(command.commandLine(), what);
    }
  }

  /** {@code millrace profile use}. */
  @Command(
      name = "use",
      description = "Chooses the profile that commands take by themselves. Writes the file.",
      footer = {
        "%nExamples:",
        "  ${ROOT-COMMAND-NAME} profile use staging",
        "  ${ROOT-COMMAND-NAME} profile use --none",
      })
  static final class Use implements Callable<Integer> {
    private final CliContext context;

    @Spec private CommandSpec command = CommandSpec.create();

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "The profile.")
    private Optional<String> name = Optional.empty();

    @Option(names = "--none", description = "None: the defaults.")
    private boolean none;

    Use(CliContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      if (name.isPresent() == none) {
        throw new ParameterException(command.commandLine(), "which profile? give NAME or --none");
      }
      ProfileFile file = ProfileFile.read(context.environment());
      return none
          ? tell(context, "no profile is used", file.usingNone())
          : tell(
              context,
              "profile " + name.get() + " is used",
              require(file, name.get()).using(name.get()));
    }
  }

  /** {@code millrace profile delete}. */
  @Command(
      name = "delete",
      description = "Deletes a profile. Writes the file.",
      footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} profile delete staging"})
  static final class Delete implements Callable<Integer> {
    private final CliContext context;

    @Parameters(paramLabel = "NAME", description = "The profile.")
    private String name = "";

    Delete(CliContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      ProfileFile file = require(ProfileFile.read(context.environment()), name);
      return tell(context, "deleted profile " + name, file.without(name));
    }
  }
}
