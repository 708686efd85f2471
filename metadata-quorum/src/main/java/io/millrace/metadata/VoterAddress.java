package io.millrace.metadata;

import io.millrace.metadata.image.Endpoint;

/**
 * Where a voter of the metadata quorum is reached. Immutable.
 *
 * @param nodeId the node's id, at least 1
 * @param quorum its quorum listener, for the other voters
 * @param internal its internal listener, for all nodes
 */
public record VoterAddress(int nodeId, Endpoint quorum, Endpoint internal) {
  /** The quorum listener's port when none is named. */
  public static final int QUORUM_PORT = 9652;

  /** The internal listener's port when none is named. */
  public static final int INTERNAL_PORT = 9651;

  /** What {@link #parse} reads. */
  public static final String FORM = "ID@HOST or ID@HOST:QUORUM-PORT:INTERNAL-PORT";

  public VoterAddress {
    if (nodeId < 1) {
      throw new IllegalArgumentException("node id: " + nodeId + " (expected: >= 1)");
    }
    if (!quorum.host().equals(internal.host())) {
      throw new IllegalArgumentException(
          "hosts: " + quorum.host() + ", " + internal.host() + " (expected: the same)");
    }
  }

  /**
   * Reads {@value #FORM}; an IPv6 address in brackets.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  public static VoterAddress parse(String text) {
    int at = text.indexOf('@');
    if (at < 1) {
      throw malformed(text, "no node id before an @");
    }
    String rest = text.substring(at + 1);
    int hostEnd = rest.startsWith("[") ? rest.indexOf(']') + 1 : rest.indexOf(':');
    if (rest.startsWith("[") && hostEnd == 0) {
      throw malformed(text, "a bracket is not closed");
    }
    String host = hostEnd < 0 ? rest : rest.substring(0, hostEnd);
    String ports = hostEnd < 0 ? "" : rest.substring(hostEnd);
    if (host.isEmpty()) {
      throw malformed(text, "no host after the @");
    }
    String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    String[] numbers = ports.isEmpty() ? new String[0] : ports.substring(1).split(":", -1);
    if (numbers.length != 0 && numbers.length != 2) {
      throw malformed(text, "one port (both ports or none are named)");
    }
    int quorumPort = numbers.length == 0 ? QUORUM_PORT : number(text, numbers[0], 65_535);
    int internalPort = numbers.length == 0 ? INTERNAL_PORT : number(text, numbers[1], 65_535);
    if (quorumPort == internalPort) {
      throw malformed(text, "both ports are the same");
    }
    return new VoterAddress(
        number(text, text.substring(0, at), Integer.MAX_VALUE),
        new Endpoint(bare, quorumPort),
        new Endpoint(bare, internalPort));
  }

  private static int number(String text, String digits, int max) {
    try {
      int number = Integer.parseInt(digits);
      if (number >= 1 && number <= max) {
        return number;
      }
    } catch (NumberFormatException malformed) {
      // Told below.
    }
    throw malformed(text, digits + " is no number from 1 to " + max);
  }

  private static IllegalArgumentException malformed(String text, String why) {
    return new IllegalArgumentException(text + ": " + why + " (expected: " + FORM + ")");
  }

  @Override
  public String toString() {
    return nodeId + "@" + quorum + ":" + internal.port();
  }
}
