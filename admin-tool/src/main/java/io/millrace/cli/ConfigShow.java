package io.millrace.cli;

import io.millrace.common.MillraceException;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.Origin;
import io.millrace.common.config.Setting;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace config show}. */
@Command(
    name = "show",
    description = {
      "Shows the settings that a server started here would have, and where each comes from:",
      "defaults < file < environment < flags (--set). The environment variable of a setting is its name"
          + " after MILLRACE_, in capitals, with _ for . and -: MILLRACE_LOG_SEGMENT_BYTES for"
          + " log.segment.bytes."
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} config show --config server.properties",
      "  ${ROOT-COMMAND-NAME} config show log.retention.ms -o wide",
      "  ${ROOT-COMMAND-NAME} config show --changed -o json",
    })
final class ConfigShow implements Callable<Integer> {
  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();
  @Mixin private SettingsOptions settings = new SettingsOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(
      arity = "0..*",
      paramLabel = "KEY",
      description = "Only these settings. Default: all.")
  private List<String> keys = List.of();

  @Option(names = "--changed", description = "Only those that are not at their default.")
  private boolean changed;

  ConfigShow(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    EffectiveConfig config = settings.effective(context);
    keys.forEach(key -> check(config, key));
    List<Setting<?>> shown =
        config.settings().stream()
            .<Setting<?>>map(setting -> setting)
            .filter(s -> keys.isEmpty() || keys.contains(s.key().name()))
            .filter(s -> !changed || s.origin() != Origin.DEFAULT)
            .toList();
    output.print(
        context,
        () -> shown.stream().map(ConfigShow::data).toList(),
        () -> table(shown).toString());
    return 0;
  }

  private void check(EffectiveConfig config, String key) {
    try {
      config.schema().require(key);
    } catch (MillraceException e) {
      throw new ParameterException(command.commandLine(), e.error().message(), e);
    }
  }

  private Table table(List<Setting<?>> shown) {
    Table table =
        output.wide()
            ? new Table("SETTING", "VALUE", "ORIGIN", "PLACE", "DEFAULT", "MEANING")
            : new Table("SETTING", "VALUE", "ORIGIN", "PLACE");
    for (Setting<?> s : shown) {
      String origin = s.origin().name().toLowerCase(Locale.ROOT);
      if (output.wide()) {
        table.row(
            s.key().name(), text(s), origin, place(s), s.key().renderDefault(), s.key().doc());
      } else {
        table.row(s.key().name(), text(s), origin, place(s));
      }
    }
    return table;
  }

  private static String text(Setting<?> setting) {
    return setting.key().sensitive() ? "(secret)" : setting.text();
  }

  /** A flag is its own place, with the value. */
  private static String place(Setting<?> setting) {
    return setting.key().sensitive() ? "" : setting.place();
  }

  private static Map<String, Object> data(Setting<?> setting) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("key", setting.key().name());
    data.put("value", text(setting));
    data.put("origin", setting.origin().name().toLowerCase(Locale.ROOT));
    data.put("place", place(setting));
    data.put("default", setting.key().renderDefault());
    data.put("environment_variable", setting.key().environmentVariable());
    return data;
  }
}
