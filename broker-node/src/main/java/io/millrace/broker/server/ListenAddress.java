package io.millrace.broker.server;

import io.millrace.common.config.ConfigType;

/**
 * Where a listener listens.
 *
 * @param host a name or an address without brackets
 * @param port the port, or 0 for a free one
 */
public record ListenAddress(String host, int port) {
  /** {@code host:port}, an IPv6 address in brackets. */
  public static final ConfigType<ListenAddress> TYPE =
      new ConfigType<>() {
        @Override
        public String label() {
          return "host:port";
        }

        @Override
        public String expected() {
          return "host:port, such as 127.0.0.1:9650 or [::1]:9650";
        }

        @Override
        public ListenAddress parse(String text) {
          return ListenAddress.parse(text);
        }

        @Override
        public String render(ListenAddress value) {
          return value.toString();
        }
      };

  /** Whether it stands for all of the machine's addresses. */
  public boolean wildcard() {
    return host.equals("0.0.0.0") || host.equals("::");
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  static ListenAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0) {
      throw new IllegalArgumentException(text);
    }
    String host = text.substring(0, colon);
    int port = Integer.parseInt(text.substring(colon + 1));
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (port < 0 || port > 65_535 || (host.indexOf(':') >= 0 && !bracketed)) {
      throw new IllegalArgumentException(text);
    }
    return new ListenAddress(bracketed ? host.substring(1, host.length() - 1) : host, port);
  }
}
