package io.millrace.cli;

import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.NearestName;
import io.millrace.common.config.Origin;
import io.millrace.common.config.Setting;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace config show}. */
@Command(
    name = "show",
    description = {
      "Shows the settings that a server started here would have, and where each comes from:",
      "defaults < file < environment (MILLRACE_SEGMENT_BYTES for segment.bytes) < flags."
    },
    footer = {
      "%nExamples:",
      "  millrace config show --config server.properties",
      "  millrace config show log.retention.ms -o wide",
      "  millrace config show --changed -o json",
    })
final class ConfigShow implements Callable<Integer> {
  private final CliContext context;

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

  private static void check(EffectiveConfig config, String key) {
    if (config.schema().find(key).isEmpty()) {
      List<String> names = config.schema().keys().stream().map(k -> k.name()).toList();
      Optional<String> near = NearestName.of(key, names);
      throw new CliException(
          "there is no setting " + key,
          near.map(name -> "did you mean:  " + name).orElse("see them all:  millrace config show"));
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
            s.key().name(), s.text(), origin, s.place(), s.key().renderDefault(), s.key().doc());
      } else {
        table.row(s.key().name(), s.text(), origin, s.place());
      }
    }
    return table;
  }

  private static Map<String, Object> data(Setting<?> setting) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("key", setting.key().name());
    data.put("value", setting.text());
    data.put("origin", setting.origin().name().toLowerCase(Locale.ROOT));
    data.put("place", setting.place());
    data.put("default", setting.key().renderDefault());
    data.put("environment_variable", setting.key().environmentVariable());
    return data;
  }
}
