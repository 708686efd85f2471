package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import java.util.List;

/** How connections are treated. */
public final class ConnectionSettings {
  private static final int MB = 1 << 20;

  public static final ConfigKey<Integer> RPC_FLOW_CONTROL_WINDOW =
      ConfigKey.of(
              "rpc.flow.control.window.bytes",
              ConfigTypes.BUFFER_SIZE,
              2 * MB,
              "HTTP/2's window: what one stream and one connection may have under way.")
          .between(64 << 10, 64 * MB);
  public static final ConfigKey<Long> RPC_KEEPALIVE_MS =
      ConfigKey.of(
              "rpc.keepalive.ms",
              ConfigTypes.DURATION,
              60_000L,
              "An idle connection is probed after this time.")
          .atLeast(1_000);
  public static final ConfigKey<Long> RPC_KEEPALIVE_PERMIT_MS =
      ConfigKey.of(
              "rpc.keepalive.permit.ms",
              ConfigTypes.DURATION,
              10_000L,
              "Clients that probe more often than this are disconnected.")
          .atLeast(0);
  public static final ConfigKey<Long> RPC_CONNECTION_AGE_MS =
      ConfigKey.of(
              "rpc.max.connection.age.ms",
              ConfigTypes.DURATION,
              3_600_000L,
              "A client's connection is asked to go away at about this age, so that plain load"
                  + " balancers spread connections anew.")
          .atLeast(1_000);
  public static final ConfigKey<Long> RPC_CONNECTION_AGE_GRACE_MS =
      ConfigKey.of(
              "rpc.max.connection.age.grace.ms",
              ConfigTypes.DURATION,
              60_000L,
              "How long calls may go on after that.")
          .atLeast(1_000);
  public static final ConfigKey<Long> SHUTDOWN_TIMEOUT_MS =
      ConfigKey.of(
              "shutdown.timeout.ms",
              ConfigTypes.DURATION,
              10_000L,
              "How long calls in progress may go on when the server shuts down.")
          .atLeast(0);

  static final Section SECTION =
      new Section(
          "Connections",
          List.of(
              RPC_FLOW_CONTROL_WINDOW,
              RPC_KEEPALIVE_MS,
              RPC_KEEPALIVE_PERMIT_MS,
              RPC_CONNECTION_AGE_MS,
              RPC_CONNECTION_AGE_GRACE_MS,
              SHUTDOWN_TIMEOUT_MS));

  private ConnectionSettings() {}
}
