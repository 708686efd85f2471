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
  static final String VARIABLE = "MILLRACE_BOOTSTRAP";

  /** What gRPC writes here, the command's own errors say better. */
  private static final Logger TRANSPORT_LOG = Logger.getLogger("io.grpc");

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = {"-b", "--bootstrap"},
      paramLabel = "HOST:PORT[,…]",
      description =
          "Brokers to ask first; the others are learnt from them. Default: $"
              + VARIABLE
              + " or 127.0.0.1:9650.")
  private Optional<String> bootstrap = Optional.empty();

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = Durations.MoreThanZero.class,
      description = "The longest a request may take, such as 500ms, 30s or 2m. Default: 30s.")
  private Duration timeout = Duration.ofSeconds(30);

  public Duration timeout() {
    return timeout;
  }

  /** A client; opens no connection yet. */
  public MillraceClient connect(CliContext context) {
    TRANSPORT_LOG.setLevel(Level.OFF);
    return MillraceClient.connect(
        ClientConfig.builder()
            .bootstrap(addresses(context))
            .clientId("millrace-cli")
            .requestTimeout(timeout)
            .build());
  }

  private List<BrokerAddress> addresses(CliContext context) {
    String fromEnvironment = context.environment().getOrDefault(VARIABLE, "");
    String text = bootstrap.orElse(fromEnvironment);
    if (bootstrap.isEmpty() && text.isEmpty()) {
      return List.of(new BrokerAddress("127.0.0.1", BrokerAddress.DEFAULT_PORT));
    }
    try {
      return BrokerAddress.parseList(text);
    } catch (IllegalArgumentException e) {
      String origin = bootstrap.isEmpty() ? VARIABLE : "--bootstrap";
      throw new ParameterException(command.commandLine(), origin + ": " + e.getMessage());
    }
  }
}
