package io.millrace.client.api;

import java.time.Duration;
import java.util.Optional;

/**
 * Follows the cluster's metadata, of one broker after the other: when one is lost, another goes on
 * from the last revision that was complete, or tells everything anew. Confined to one thread.
 */
public interface MetadataWatch extends AutoCloseable {
  /**
   * The next event, waited for if need be. Connects when it has to.
   *
   * @param atMost how long to wait
   * @return empty if nothing came in time
   * @throws io.millrace.common.MillraceException if no broker answers within {@link
   *     ClientConfig#requestTimeout()}, or the watch is refused; it may be tried again
   */
  Optional<MetadataEvent> poll(Duration atMost);

  /**
   * The last revision that was complete, from which another watch can go on; 0 before the first.
   */
  long revision();

  /** Ends it. */
  @Override
  void close();
}
