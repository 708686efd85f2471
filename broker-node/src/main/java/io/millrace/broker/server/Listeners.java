package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.EffectiveConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.List;

/** Addresses: what can't be bound, and what clients are told. */
final class Listeners {
  private static final List<ConfigKey<ListenAddress>> IN_ORDER =
      List.of(
          ListenerSettings.LISTENER_CLIENT,
          ListenerSettings.LISTENER_INTERNAL,
          ListenerSettings.LISTENER_QUORUM,
          ListenerSettings.LISTENER_ADMIN);

  private Listeners() {}

  /** The socket address to bind. */
  static InetSocketAddress socketAddress(ListenAddress address) {
    return new InetSocketAddress(address.host(), address.port());
  }

  /**
   * Looks whether every port is free, before anything is opened: the first one that is not is
   * named, in the order in which operators think of them. They may still be taken meanwhile.
   *
   * @throws StartException naming the address and its setting
   */
  static void requireFree(EffectiveConfig config) {
    for (ConfigKey<ListenAddress> key : IN_ORDER) {
      ListenAddress address = config.get(key);
      try (ServerSocket probe = new ServerSocket()) {
        probe.setReuseAddress(true);
        probe.bind(socketAddress(address));
      } catch (IOException e) {
        throw cannotBind(key, address, e);
      }
    }
  }

  /** What is said when a listener can't be opened. */
  static StartException cannotBind(
      ConfigKey<ListenAddress> key, ListenAddress address, IOException cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    boolean inUse = String.valueOf(root.getMessage()).contains("in use");
    String why =
        inUse
            ? "the port is in use (stop what listens there, or choose another with "
                + key.name()
                + ")"
            : root.getMessage() + " (see " + key.name() + ")";
    return new StartException("cannot listen on " + address + ": " + why, cause);
  }

  /**
   * What clients are told to connect to.
   *
   * @param advertised the setting, or empty
   * @param bound where the client listener listens, with its real port
   * @throws StartException if the setting is no host:port
   */
  static ListenAddress advertised(String advertised, ListenAddress bound) {
    if (!advertised.isEmpty()) {
      try {
        ListenAddress named = ListenAddress.parse(advertised);
        return named.port() == 0 ? new ListenAddress(named.host(), bound.port()) : named;
      } catch (IllegalArgumentException malformed) {
        throw new StartException(
            ListenerSettings.ADVERTISED_LISTENER + ": " + advertised + " (expected: host:port)",
            malformed);
      }
    }
    return bound.wildcard() ? new ListenAddress(machineName(), bound.port()) : bound;
  }

  private static String machineName() {
    try {
      return InetAddress.getLocalHost().getCanonicalHostName();
    } catch (UnknownHostException nameless) {
      return "localhost";
    }
  }
}
