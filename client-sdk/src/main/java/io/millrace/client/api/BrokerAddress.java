package io.millrace.client.api;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a broker's client listener is reached.
 *
 * @param host a name or an address; IPv6 without brackets
 * @param port from 1 to 65,535
 */
public record BrokerAddress(String host, int port) {
  /** The client listener's port when none is given. */
  public static final int DEFAULT_PORT = 9650;

  public BrokerAddress {
    if (host.isBlank()) {
      throw new IllegalArgumentException("host is empty (expected: HOST:PORT)");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
    }
  }

  /**
   * Reads {@code HOST:PORT}, {@code HOST} (port {@value #DEFAULT_PORT}) or {@code [IPV6]:PORT}.
   *
   * @throws IllegalArgumentException naming what was expected
   */
  public static BrokerAddress parse(String text) {
    String trimmed = text.strip();
    int bracket = trimmed.startsWith("[") ? trimmed.indexOf(']') : -1;
    String host = bracket > 0 ? trimmed.substring(1, bracket) : trimmed;
    String rest = bracket > 0 ? trimmed.substring(bracket + 1) : "";
    if (bracket < 0) {
      int colon = trimmed.lastIndexOf(':');
      boolean bareIpv6 = colon > 0 && trimmed.indexOf(':') < colon;
      if (colon >= 0 && !bareIpv6) {
        host = trimmed.substring(0, colon);
        rest = trimmed.substring(colon);
      }
    }
    return new BrokerAddress(host, rest.isEmpty() ? DEFAULT_PORT : parsePort(text, rest));
  }

  /** Reads addresses separated by commas; at least one. */
  public static List<BrokerAddress> parseList(String text) {
    List<BrokerAddress> addresses = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (!part.isBlank()) {
        addresses.add(parse(part));
      }
    }
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("no address in '" + text + "' (expected: HOST:PORT,…)");
    }
    return List.copyOf(addresses);
  }

  private static int parsePort(String text, String rest) {
    try {
      if (rest.startsWith(":")) {
        return Integer.parseInt(rest.substring(1));
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not HOST:PORT", e);
    }
    throw new IllegalArgumentException("'" + text + "' is not HOST:PORT");
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
