package io.millrace.broker.replica.core;

import java.util.HashMap;
import java.util.Map;

/**
 * The pipelines that a failed frame has stopped (S28b). Confined to its core. Pipelines in good
 * order are not here, so that the usual frame costs one look at an empty map.
 */
final class Pipelines {
  private static final int NOT_RESUMED = Integer.MIN_VALUE;

  /** Stopped pipelines and the base sequence that starts each again. */
  private final Map<Long, Integer> stopped = new HashMap<>();

  /** Whether the next frame may go on; the awaited one starts its pipeline again. */
  boolean admits(long pipeline, int baseSequence) {
    if (stopped.isEmpty() || pipeline == PartitionEvent.NO_PIPELINE) {
      return true;
    }
    Integer awaited = stopped.get(pipeline);
    if (awaited == null) {
      return true;
    }
    return awaited == baseSequence && stopped.remove(pipeline) != null;
  }

  void stop(long pipeline) {
    if (pipeline != PartitionEvent.NO_PIPELINE) {
      stopped.put(pipeline, NOT_RESUMED);
    }
  }

  void resume(long pipeline, int nextSequence) {
    stopped.put(pipeline, nextSequence);
  }

  void close(long pipeline) {
    stopped.remove(pipeline);
  }
}
