package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import java.util.List;

/** Where the node listens, and what it tells others. */
public final class ListenerSettings {
  public static final ConfigKey<ListenAddress> LISTENER_CLIENT =
      ConfigKey.of(
          "listener.client",
          ListenAddress.TYPE,
          new ListenAddress("127.0.0.1", 9650),
          "Where clients connect (gRPC). Port 0 takes a free one, here and below.");
  public static final ConfigKey<ListenAddress> LISTENER_INTERNAL =
      ConfigKey.of(
          "listener.internal",
          ListenAddress.TYPE,
          new ListenAddress("127.0.0.1", 9651),
          "Where other nodes connect (gRPC).");
  public static final ConfigKey<ListenAddress> LISTENER_QUORUM =
      ConfigKey.of(
          "listener.quorum",
          ListenAddress.TYPE,
          new ListenAddress("127.0.0.1", 9652),
          "Where the metadata quorum's members connect. Whoever reaches it can change the"
              + " membership.");
  public static final ConfigKey<ListenAddress> LISTENER_ADMIN =
      ConfigKey.of(
          "listener.admin",
          ListenAddress.TYPE,
          new ListenAddress("127.0.0.1", 9653),
          "Where `/healthz`, `/readyz` and `/metrics` are served (HTTP).");
  public static final ConfigKey<String> ADVERTISED_LISTENER =
      ConfigKey.of(
          "advertised.listener",
          ConfigTypes.STRING,
          "",
          "host:port under which clients reach `listener.client`. Empty: its own host and port, or"
              + " the machine's name if it listens on all addresses. Port 0 stands for the port"
              + " listened on.");

  static final Section SECTION =
      new Section(
          "Listeners",
          List.of(
              LISTENER_CLIENT,
              LISTENER_INTERNAL,
              LISTENER_QUORUM,
              LISTENER_ADMIN,
              ADVERTISED_LISTENER));

  private ListenerSettings() {}
}
