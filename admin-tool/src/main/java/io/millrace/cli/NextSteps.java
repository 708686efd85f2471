package io.millrace.cli;

import io.millrace.broker.server.MillraceServer;
import io.millrace.client.api.BrokerAddress;
import java.nio.file.Path;
import java.util.List;

/** What to try once a node runs. */
final class NextSteps {
  private NextSteps() {}

  static String endpoints(MillraceServer server, Path data) {
    return """
        Millrace %s runs: node %d of cluster %s
          clients         %s  (gRPC, with reflection)
          administrators  http://127.0.0.1:%d  (/healthz /readyz /metrics)
          data            %s
        """
        .formatted(
            Millrace.Version.number(),
            server.nodeId(),
            server.clusterId(),
            server.advertised(),
            server.adminPort(),
            data.toAbsolutePath().normalize());
  }

  /** Commands to copy. */
  static String commands(CliContext context, List<String> bootstrap) {
    String brokers = String.join(",", bootstrap);
    String setting =
        brokers.equals("127.0.0.1:" + BrokerAddress.DEFAULT_PORT)
            ? ""
            : "  export " + ConnectionOptions.VARIABLE + "=" + brokers + "\n";
    return """

        Try, in another terminal:
        %1$s  %2$s topic create %3$s --partitions 3
          echo hello | %2$s produce %3$s
          %2$s consume %3$s --format '%%p %%o %%v\\n'
          %2$s topic describe %3$s
        """
        .formatted(setting, context.command(), "orders");
  }
}
