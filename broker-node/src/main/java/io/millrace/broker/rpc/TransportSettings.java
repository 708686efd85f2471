package io.millrace.broker.rpc;

/**
 * How a listener treats its connections. Times in milliseconds.
 *
 * @param maxMessageBytes the most bytes of one inbound message
 * @param flowControlWindowBytes HTTP/2's window
 * @param maxStreamsPerConnection the most calls at a time on one connection
 * @param keepaliveMs an idle connection is probed after this time
 * @param keepalivePermitMs clients that probe more often are disconnected
 * @param maxConnectionAgeMs connections are asked to go away at about this age; 0 for never
 * @param maxConnectionAgeGraceMs how long calls may go on after that
 */
public record TransportSettings(
    int maxMessageBytes,
    int flowControlWindowBytes,
    int maxStreamsPerConnection,
    long keepaliveMs,
    long keepalivePermitMs,
    long maxConnectionAgeMs,
    long maxConnectionAgeGraceMs) {
  /**
   * The same for connections between nodes, which are never asked to go away.
   *
   * @param tails the most calls that last, which have room on one connection besides the others
   */
  public TransportSettings betweenNodes(int tails) {
    return new TransportSettings(
        maxMessageBytes,
        flowControlWindowBytes,
        (int) Math.min(Integer.MAX_VALUE, (long) maxStreamsPerConnection + tails),
        keepaliveMs,
        keepalivePermitMs,
        0,
        maxConnectionAgeGraceMs);
  }
}
