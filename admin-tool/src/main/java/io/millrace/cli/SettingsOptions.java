package io.millrace.cli;

import io.millrace.broker.server.BrokerSettings;
import io.millrace.common.config.EffectiveConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The sources of a server's settings: defaults &lt; file &lt; environment &lt; flags. */
final class SettingsOptions {
  @Option(names = "--config", paramLabel = "FILE", description = "A file of key=value lines.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting; may be repeated and goes over the file and the environment.")
  private List<String> assignments = new ArrayList<>();

  EffectiveConfig effective(CliContext context) {
    return effective(context, List.of());
  }

  /**
   * All settings with their origin.
   *
   * @param preset assignments of the command itself, which --set goes over
   */
  EffectiveConfig effective(CliContext context, List<String> preset) {
    EffectiveConfig.Builder builder = EffectiveConfig.builder(BrokerSettings.SCHEMA);
    file.ifPresent(path -> builder.file(path.toString(), read(path)));
    builder.environment(context.environment());
    builder.flags("set by the command:", preset);
    EffectiveConfig config = builder.flags("--set", assignments).build();
    config.warnings().forEach(warning -> context.err().println("warning: " + warning));
    return config;
  }

  private static String read(Path path) {
    try {
      return Files.readString(path, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new CliException("there is no file " + path + " (--config)");
    } catch (IOException e) {
      throw new CliException("can't read " + path + " (--config): " + e.getMessage());
    }
  }
}
