package io.millrace.broker.rpc;

/**
 * The bounds of reading.
 *
 * @param maxPartitions the most partitions of one request or stream
 * @param maxWaitMs the longest that a fetch waits
 * @param maxBytes the most bytes of records in one answer, but for a single larger batch
 * @param streamMessageBytes the same for one message of a stream
 * @param maxDecompressedBytes the most that a batch may unpack to (thin path)
 */
public record FetchLimits(
    int maxPartitions,
    long maxWaitMs,
    int maxBytes,
    int streamMessageBytes,
    long maxDecompressedBytes) {
  /**
   * What a client asks for, within the bound; 0 is the bound.
   *
   * @param field which field asks
   */
  static int within(String field, int asked, int bound) {
    return Requests.notNegative(field, asked) == 0 ? bound : Math.min(asked, bound);
  }
}
