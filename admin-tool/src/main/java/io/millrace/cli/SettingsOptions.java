package io.millrace.cli;

import io.millrace.broker.server.BrokerSettings;
import io.millrace.common.MillraceException;
import io.millrace.common.config.EffectiveConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The sources of a server's settings: defaults &lt; file &lt; environment &lt; flags. */
final class SettingsOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

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
    EffectiveConfig config = withFlags(builder).build();
    config.warnings().forEach(warning -> context.err().println("warning: " + warning));
    return config;
  }

  /** The keys that --set gives. */
  List<String> assignedKeys() {
    return assignments.stream().map(text -> text.substring(0, text.indexOf('='))).toList();
  }

  /** The same sources as arguments, for a process of its own. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    file.ifPresent(
        path ->
            arguments.addAll(List.of("--config", path.toAbsolutePath().normalize().toString())));
    assignments.forEach(assignment -> arguments.addAll(List.of("--set", assignment)));
    return arguments;
  }

  /** What is wrong with a flag is a mistake in the command line; a file's mistakes are not. */
  private EffectiveConfig.Builder withFlags(EffectiveConfig.Builder builder) {
    try {
      return builder.flags("--set", assignments);
    } catch (MillraceException e) {
      throw new ParameterException(command.commandLine(), e.error().message(), e);
    }
  }

  private static String read(Path path) {
    try (InputStream in = InputFile.open(path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw InputFile.unreadable(path, e);
    }
  }
}
