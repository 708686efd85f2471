package io.millrace.client.api;

import io.millrace.common.MillraceError;
import io.millrace.common.TopicPartition;
import java.util.Map;

/**
 * Offsets as far as they can be told.
 *
 * @param offsets those that were found
 * @param unknown why the others were not
 */
public record OffsetsFound(
    Map<TopicPartition, Long> offsets, Map<TopicPartition, MillraceError> unknown) {
  public OffsetsFound {
    offsets = Map.copyOf(offsets);
    unknown = Map.copyOf(unknown);
  }
}
