package io.millrace.bench.transfer;

import io.millrace.broker.server.BrokerSettings;
import io.millrace.broker.server.ServerProcess;
import io.millrace.common.config.EffectiveConfig;
import java.util.List;

/** A whole node on free ports, for a run beside {@link BareServer}. */
public final class BrokerMain {
  private BrokerMain() {}

  /**
   * Serves until it is told to end.
   *
   * @param arguments the data directory, then settings as {@code key=value}
   */
  public static void main(String[] arguments) {
    EffectiveConfig config =
        EffectiveConfig.builder(BrokerSettings.SCHEMA)
            .flags(
                "--set",
                List.of(
                    "data.dirs=" + arguments[0],
                    "listener.client=127.0.0.1:0",
                    "listener.internal=127.0.0.1:0",
                    "listener.quorum=127.0.0.1:0",
                    "listener.admin=127.0.0.1:0"))
            .flags("--set", List.of(arguments).subList(1, arguments.length))
            .build();
    System.exit(
        ServerProcess.run(
            config, server -> System.out.println("port " + server.clientPort()), System.err));
  }
}
