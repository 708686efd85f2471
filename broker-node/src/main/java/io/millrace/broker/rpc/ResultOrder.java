package io.millrace.broker.rpc;

import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.ProduceFrameResult;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts the results of a stream's frames into the order of the frames, partition by partition. Not
 * thread-safe: guarded by its stream's lock.
 */
final class ResultOrder {
  private final Map<TopicIdPartition, Deque<Slot>> waiting = new HashMap<>();

  /** A frame's place among those of its partition. */
  static final class Slot {
    private final TopicIdPartition partition;
    private boolean done;
    private @Nullable ProduceFrameResult result;

    private Slot(TopicIdPartition partition) {
      this.partition = partition;
    }
  }

  /** Takes the next place of a partition. */
  Slot next(TopicIdPartition partition) {
    Slot slot = new Slot(partition);
    waiting.computeIfAbsent(partition, p -> new ArrayDeque<>()).add(slot);
    return slot;
  }

  /**
   * A frame is done.
   *
   * @param result what to tell the client; empty for nothing (acks=0)
   * @param out gets the results that can be told now, in order
   */
  void complete(
      Slot slot, Optional<ProduceFrameResult> result, Collection<ProduceFrameResult> out) {
    if (slot.done) {
      throw new IllegalStateException("a frame of " + slot.partition + " was answered twice");
    }
    slot.done = true;
    slot.result = result.orElse(null);
    Deque<Slot> queue = waiting.get(slot.partition);
    while (queue != null && !queue.isEmpty() && queue.peekFirst().done) {
      @Nullable ProduceFrameResult told = queue.removeFirst().result;
      if (told != null) {
        out.add(told);
      }
    }
    if (queue != null && queue.isEmpty()) {
      waiting.remove(slot.partition);
    }
  }

  /** Whether all frames are done. */
  boolean idle() {
    return waiting.isEmpty();
  }
}
