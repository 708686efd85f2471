package io.millrace.client.api;

import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Told once what became of {@link Consumer#commitAsync}. Runs on the consumer's own thread, inside
 * {@link Consumer#poll}, {@link Consumer#commitSync} or {@link Consumer#close}, in the order of the
 * commits; may use the consumer, but for {@code poll}. What it throws is logged.
 */
@FunctionalInterface
public interface CommitCallback {
  /**
   * The commit is over.
   *
   * @param offsets what was to be committed
   * @param error why not all of it was, or null; see {@link Consumer#commitSync(Map)} for its codes
   */
  void completed(Map<TopicPartition, OffsetAndMetadata> offsets, @Nullable MillraceException error);
}
