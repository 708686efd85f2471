package io.millrace.cli;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a client command reaches the cluster. */
public final class ConnectionOptions {
  static final String VARIABLE = ProfileKey.bootstrap.variable();

  /** What gRPC writes here, the command's own errors say better. */
  private static final Logger TRANSPORT_LOG = Logger.getLogger("io.grpc");

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = {"-b", "--bootstrap"},
      paramLabel = "HOST:PORT[,…]",
      description =
          "Brokers to ask first; the others are learnt from them. Default: $MILLRACE_BOOTSTRAP, the"
              + " profile's, or 127.0.0.1:9650.")
  private Optional<String> bootstrap = Optional.empty();

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = Durations.MoreThanZero.class,
      description =
          "The longest a request may take, such as 500ms, 30s or 2m. Default: $MILLRACE_TIMEOUT, the"
              + " profile's, or 30s.")
  private Optional<Duration> timeout = Optional.empty();

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description =
          "Take what is not given from this profile. Default: $MILLRACE_PROFILE or the one in use.")
  private Optional<String> profile = Optional.empty();

  private ClientSettings settings = ClientSettings.DEFAULTS;

  public Duration timeout() {
    return timeout.orElseGet(() -> Durations.parse(settings.text(ProfileKey.timeout)));
  }

  /**
   * Looks up what is not given, before the command runs.
   *
   * @param before the profile that was named before the command
   * @return what holds for other options of the command
   */
  ClientSettings lookUp(CliContext context, Optional<String> before) {
    settings = settings(context, profile.or(() -> before), command);
    return settings;
  }

  static ClientSettings settings(
      CliContext context, Optional<String> profile, CommandSpec command) {
    try {
      return ClientSettings.of(context.environment(), profile);
    } catch (ClientSettings.UsageException e) {
      throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  /** A client; opens no connection yet. */
  public MillraceClient connect(CliContext context) {
    TRANSPORT_LOG.setLevel(Level.OFF);
    return MillraceClient.connect(
        ClientConfig.builder()
            .bootstrap(addresses())
            .clientId("millrace-cli")
            .requestTimeout(timeout())
            .build());
  }

  private List<BrokerAddress> addresses() {
    try {
      return BrokerAddress.parseList(
          bootstrap.orElseGet(() -> settings.text(ProfileKey.bootstrap)));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), "--bootstrap: " + e.getMessage());
    }
  }
}
