package io.millrace.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace profile}. */
@Command(
    name = "profile",
    description = {
      "Shows and changes the profiles of client commands: bootstrap, timeout and output by name.",
      "They stand in $MILLRACE_CONFIG, or $XDG_CONFIG_HOME/millrace/config, or"
          + " ~/.config/millrace/config; set, use and delete change the lines they are about and"
          + " keep comments."
    },
    footer = {
      "%nFlags go over the environment (MILLRACE_BOOTSTRAP…), that over the profile, that over"
          + " defaults.",
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} profile set staging bootstrap=b1:9650,b2:9650 timeout=10s",
      "  ${ROOT-COMMAND-NAME} profile use staging",
      "  ${ROOT-COMMAND-NAME} topic list --profile staging",
    })
final class ProfileCommand implements Runnable, CommandGroup {
  @Spec private CommandSpec command = CommandSpec.create();

  @Override
  public List<Member> members() {
    return List.of(
        new Member("list", ListProfiles.class),
        new Member("show", Show.class),
        new Member("set", ProfileChanges.SetValues.class),
        new Member("use", ProfileChanges.Use.class),
        new Member("delete", ProfileChanges.Delete.class));
  }

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(), "what about profiles? list, show, set, use or delete");
  }

  private static String text(Map<ProfileKey, ProfileFile.Value> profile, ProfileKey key) {
    return Optional.ofNullable(profile.get(key)).map(ProfileFile.Value::text).orElse("");
  }

  /** {@code millrace profile list}. */
  @Command(
      name = "list",
      description = "Lists the profiles; a star marks the one in use.",
      footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} profile list -o json"})
  static final class ListProfiles implements Callable<Integer> {
    private final CliContext context;

    @Mixin private OutputOptions output = new OutputOptions();

    ListProfiles(CliContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      ProfileFile file = ProfileFile.read(context.environment());
      output.print(context, () -> data(file), () -> table(file));
      if (file.profiles().isEmpty() && !output.forPrograms()) {
        context.err().println("no profiles in " + file.path());
      }
      return 0;
    }

    private static boolean isInUse(ProfileFile file, String name) {
      return file.inUse().equals(Optional.of(name));
    }

    private static Object data(ProfileFile file) {
      List<Object> list = new ArrayList<>();
      file.profiles()
          .forEach(
              (name, values) -> {
                Map<String, Object> data = new LinkedHashMap<>();
                data.put("name", name);
                data.put("in_use", isInUse(file, name));
                values.forEach((key, value) -> data.put(key.name(), value.text()));
                list.add(data);
              });
      return list;
    }

    private static String table(ProfileFile file) {
      if (file.profiles().isEmpty()) {
        return "";
      }
      Table table = new Table("USED", "NAME", "BOOTSTRAP", "TIMEOUT", "OUTPUT");
      file.profiles()
          .forEach(
              (name, values) ->
                  table.row(
                      isInUse(file, name) ? "*" : "",
                      name,
                      text(values, ProfileKey.bootstrap),
                      text(values, ProfileKey.timeout),
                      text(values, ProfileKey.output)));
      return table.toString();
    }
  }

  /** {@code millrace profile show}. */
  @Command(
      name = "show",
      description =
          "Shows what client commands take for options that are not given, and where each value"
              + " comes from.",
      footer = {"%nExample:", "  ${ROOT-COMMAND-NAME} profile show staging"})
  static final class Show implements Callable<Integer> {
    private final CliContext context;

    @Spec private CommandSpec command = CommandSpec.create();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(
        arity = "0..1",
        paramLabel = "NAME",
        description = "The profile. Default: the one that commands take.")
    private Optional<String> name = Optional.empty();

    Show(CliContext context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      ClientSettings settings = ConnectionOptions.settings(context, name, command);
      output.print(context, () -> data(settings), () -> text(settings));
      return 0;
    }

    private static Object data(ClientSettings settings) {
      Map<String, Object> data = new LinkedHashMap<>();
      data.put("profile", settings.profile().orElse(""));
      settings
          .settings()
          .forEach(
              (key, setting) ->
                  data.put(
                      key.name(), Map.of("value", setting.text(), "source", setting.origin())));
      return data;
    }

    private static String text(ClientSettings settings) {
      Table table = new Table("SETTING", "VALUE", "SOURCE");
      settings
          .settings()
          .forEach((key, setting) -> table.row(key.name(), setting.text(), setting.origin()));
      return "profile  " + settings.profile().orElse("none") + "\n\n" + table;
    }
  }
}
