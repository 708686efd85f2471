package io.millrace.client.internal;

import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.SendCallback;
import io.millrace.common.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.Predicate;

/**
 * Gathers records into batches, a partition each. Senders append on any thread; the producer's
 * thread takes the batches that are due. Thread-safe: each {@link PartitionBuffer} is its own lock,
 * never two at a time.
 */
final class Accumulator {
  /** An open batch is sent after this time even if the pipeline is full. */
  private static final long OPEN_MS_MAX = 1_000;

  /** What a record did to the batches of its partition. */
  enum Appended {
    /** It joined the open batch. */
    JOINED,
    /** It began a batch. */
    OPENED,
    /** It did not fit into the open batch, and began the next. */
    SEALED_AND_OPENED
  }

  private final ProducerConfig config;
  private final IntSupplier batchBytes;
  private final BiFunction<TopicPartition, UUID, ProducerBatch> newBatch;
  private final Map<TopicPartition, PartitionBuffer> buffers = new ConcurrentHashMap<>();

  /** Read under a buffer's lock: whoever takes the lock after it was set finds no new batch. */
  private volatile boolean closed;

  /**
   * @param batchBytes how large a batch of several records may get now
   * @param newBatch makes the batch for a partition's next records, of the topic with that id
   */
  Accumulator(
      ProducerConfig config,
      IntSupplier batchBytes,
      BiFunction<TopicPartition, UUID, ProducerBatch> newBatch) {
    this.config = config;
    this.batchBytes = batchBytes;
    this.newBatch = newBatch;
  }

  /**
   * Adds a record whose bytes the budget has granted.
   *
   * @param topicId the topic's id now
   * @param callback told what becomes of it, or {@link BatchAnswers#NOBODY}
   * @throws IllegalStateException after {@link #close} or {@link #abandon}; the bytes are still the
   *     caller's
   */
  Appended append(
      TopicPartition partition,
      UUID topicId,
      ProducerRecord record,
      long timestampMs,
      long reservedBytes,
      SendCallback callback) {
    PartitionBuffer buffer = buffers.computeIfAbsent(partition, p -> new PartitionBuffer());
    synchronized (buffer) {
      if (closed) {
        throw new IllegalStateException("the producer is closed");
      }
      boolean full =
          buffer.open().isPresent()
              && !buffer.open().get().hasRoom(reservedBytes, batchBytes.getAsInt());
      if (full) {
        buffer.seal();
      }
      boolean opens = buffer.open().isEmpty();
      if (opens) {
        buffer.open(newBatch.apply(partition, topicId));
      }
      buffer.open().orElseThrow().append(record, timestampMs, reservedBytes, callback);
      if (full) {
        return Appended.SEALED_AND_OPENED;
      }
      return opens ? Appended.OPENED : Appended.JOINED;
    }
  }

  /**
   * Hands over every batch that is full or has waited long enough, in the order of each partition.
   *
   * @param hasRoom whether a partition's pipeline takes a batch that is not full
   * @return when the next open batch is due, or {@code Long.MAX_VALUE}
   */
  long takeDue(long nowMs, Predicate<TopicPartition> hasRoom, Consumer<ProducerBatch> taker) {
    long next = Long.MAX_VALUE;
    List<ProducerBatch> taken = new ArrayList<>();
    for (Map.Entry<TopicPartition, PartitionBuffer> entry : buffers.entrySet()) {
      boolean room = hasRoom.test(entry.getKey());
      PartitionBuffer buffer = entry.getValue();
      synchronized (buffer) {
        if (buffer.open().isPresent()) {
          long due = dueMs(buffer.open().get(), room);
          if (due <= nowMs) {
            buffer.seal();
          } else {
            next = Math.min(next, due);
          }
        }
        drain(buffer, taken);
      }
    }
    // Outside the locks: what hangs on a batch's futures may send again.
    taken.forEach(taker);
    return next;
  }

  /** Makes every open batch due. */
  void sealAll() {
    for (PartitionBuffer buffer : buffers.values()) {
      synchronized (buffer) {
        buffer.seal();
      }
    }
  }

  /** Takes no more records, and makes every open batch due. */
  void close() {
    closed = true;
    sealAll();
  }

  /** Takes no more records, and forgets those that were not handed over. */
  void abandon() {
    closed = true;
    for (PartitionBuffer buffer : buffers.values()) {
      synchronized (buffer) {
        buffer.clear();
      }
    }
  }

  /** Whether no batch waits. */
  boolean isEmpty() {
    for (PartitionBuffer buffer : buffers.values()) {
      synchronized (buffer) {
        if (!buffer.isEmpty()) {
          return false;
        }
      }
    }
    return true;
  }

  private long dueMs(ProducerBatch batch, boolean room) {
    long lingerMs = config.linger().toMillis();
    return batch.createdMs() + (room ? lingerMs : Math.max(lingerMs, OPEN_MS_MAX));
  }

  private static void drain(PartitionBuffer buffer, List<ProducerBatch> taken) {
    for (Optional<ProducerBatch> batch = buffer.takeSealed();
        batch.isPresent();
        batch = buffer.takeSealed()) {
      taken.add(batch.get());
    }
  }
}
