package io.millrace.client.internal;

import io.millrace.common.TopicPartition;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Every partition's {@link PartitionBuffer}, and which of them hold something: a producer of
 * thousands of topics looks only at those. Thread-safe but where it says otherwise.
 */
final class PartitionBuffers {
  /** By topic name; a list is replaced, not changed, when its topic has got more partitions. */
  private final Map<String, List<PartitionBuffer>> byTopic = new ConcurrentHashMap<>();

  /** Buffers that hold something since the last visit. */
  private final Queue<PartitionBuffer> added = new ConcurrentLinkedQueue<>();

  /** The others that hold something. Confined to the producer's thread. */
  private final List<PartitionBuffer> known = new ArrayList<>();

  /** The buffer of one of the topic's partitions. */
  PartitionBuffer of(TopicView topic, int partition) {
    List<PartitionBuffer> buffers = byTopic.get(topic.name());
    if (buffers == null || buffers.size() <= partition) {
      buffers = byTopic.merge(topic.name(), grown(topic, List.of()), (b, none) -> grown(topic, b));
    }
    return buffers.get(partition);
  }

  private static List<PartitionBuffer> grown(TopicView topic, List<PartitionBuffer> before) {
    List<PartitionBuffer> buffers = new ArrayList<>(before);
    for (int i = buffers.size(); i < topic.partitions().size(); i++) {
      buffers.add(new PartitionBuffer(new TopicPartition(topic.name(), i)));
    }
    return List.copyOf(buffers);
  }

  /** Gives a buffer a new open batch; called with the buffer's lock. */
  void open(PartitionBuffer buffer, ProducerBatch batch) {
    if (buffer.open(batch)) {
      added.add(buffer);
    }
  }

  /**
   * Visits the buffers that hold something, each under its lock. Only for the producer's thread.
   *
   * @param visitor tells when it wants to visit the buffer again at the latest
   * @return the earliest of these times, or {@code Long.MAX_VALUE}
   */
  long visit(ToLongFunction<PartitionBuffer> visitor) {
    learn();
    long next = Long.MAX_VALUE;
    for (Iterator<PartitionBuffer> each = known.iterator(); each.hasNext(); ) {
      PartitionBuffer buffer = each.next();
      synchronized (buffer) {
        next = Math.min(next, visitor.applyAsLong(buffer));
        if (buffer.isEmpty()) {
          buffer.unlist();
          each.remove();
        }
      }
    }
    return next;
  }

  /** Whether no buffer holds anything. Only for the producer's thread. */
  boolean areEmpty() {
    learn();
    for (PartitionBuffer buffer : known) {
      synchronized (buffer) {
        if (!buffer.isEmpty()) {
          return false;
        }
      }
    }
    return true;
  }

  private void learn() {
    for (PartitionBuffer buffer = added.poll(); buffer != null; buffer = added.poll()) {
      known.add(buffer);
    }
  }

  /** Every buffer, each under its lock. */
  void forEach(Consumer<PartitionBuffer> action) {
    for (List<PartitionBuffer> buffers : byTopic.values()) {
      for (PartitionBuffer buffer : buffers) {
        synchronized (buffer) {
          action.accept(buffer);
        }
      }
    }
  }
}
