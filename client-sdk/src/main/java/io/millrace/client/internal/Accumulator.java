package io.millrace.client.internal;

import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.SendCallback;
import io.millrace.common.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

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
    /** It began a batch: the first, or the next after one that it did not fit into. */
    OPENED,
    /** It did not fit into the open batch, which takes no more; it was not added. */
    SEALED
  }

  private final ProducerConfig config;
  private final BufferBudget budget;
  private final ToIntFunction<UUID> batchBytes;
  private final BiFunction<TopicPartition, UUID, ProducerBatch> newBatch;
  private final Consumer<ProducerBatch> onBegun;
  private final Consumer<ProducerBatch> onSealed;
  private final Consumer<ProducerBatch> onHeld;
  private final BatchEncoding encoding;
  private static final Optional<Appended> JOINED = Optional.of(Appended.JOINED);
  private static final Optional<Appended> SEALED = Optional.of(Appended.SEALED);
  private static final Optional<Appended> OPENED = Optional.of(Appended.OPENED);

  private final PartitionBuffers buffers = new PartitionBuffers();

  /** Read under a buffer's lock: whoever takes the lock after it was set finds no new batch. */
  private volatile boolean closed;

  /**
   * @param batchBytes how large a batch of several records may get now, by topic id
   * @param newBatch makes the batch for a partition's next records, of the topic with that id
   * @param onBegun told of each batch that has its first record, under its partition's lock
   * @param onSealed told once of each batch that takes no more records, by whoever sealed it
   * @param onHeld told of a batch that gathers on though its linger is over, and of each record
   *     that joined it though it might have gone elsewhere
   * @param encoding is offered the batches that senders seal
   */
  Accumulator(
      ProducerConfig config,
      BufferBudget budget,
      ToIntFunction<UUID> batchBytes,
      BiFunction<TopicPartition, UUID, ProducerBatch> newBatch,
      Consumer<ProducerBatch> onBegun,
      Consumer<ProducerBatch> onSealed,
      Consumer<ProducerBatch> onHeld,
      BatchEncoding encoding) {
    this.config = config;
    this.budget = budget;
    this.batchBytes = batchBytes;
    this.newBatch = newBatch;
    this.onBegun = onBegun;
    this.onSealed = onSealed;
    this.onHeld = onHeld;
    this.encoding = encoding;
  }

  /**
   * Adds a record, waiting for room in the budget if there is none.
   *
   * @param topic the topic now
   * @param callback told what becomes of it, or {@link BatchAnswers#NOBODY}
   * @param timeoutMs how long to wait for room
   * @throws IllegalStateException after {@link #close} or {@link #abandon}
   * @throws io.millrace.common.MillraceException if there was no room in time
   */
  Appended append(
      TopicView topic,
      int partition,
      ProducerRecord record,
      long timestampMs,
      SendCallback callback,
      long timeoutMs) {
    PartitionBuffer buffer = buffers.of(topic, partition);
    long bytes = ProducerBatch.recordBytesMax(record);
    Optional<Appended> appended =
        append(buffer, topic.id(), record, bytes, timestampMs, callback, 0);
    if (appended.isPresent()) {
      return appended.get();
    }
    long granted = budget.acquire(bytes, timeoutMs);
    try {
      return append(buffer, topic.id(), record, bytes, timestampMs, callback, granted)
          .orElseThrow();
    } catch (RuntimeException | Error e) {
      budget.release(granted);
      throw e;
    }
  }

  /**
   * As {@link #append}, for a record that may as well go to another partition: if it does not fit
   * into the open batch, this ends that batch and does not add it.
   */
  Appended appendUnlessFull(
      TopicView topic,
      int partition,
      ProducerRecord record,
      long timestampMs,
      SendCallback callback,
      long timeoutMs) {
    Optional<Appended> done =
        joinOrSeal(buffers.of(topic, partition), topic.id(), record, timestampMs, callback);
    return done.isPresent()
        ? done.get()
        : append(topic, partition, record, timestampMs, callback, timeoutMs);
  }

  /** Empty, and nothing done, if there is no open batch or it needs to be granted more. */
  private Optional<Appended> joinOrSeal(
      PartitionBuffer buffer,
      UUID topicId,
      ProducerRecord record,
      long timestampMs,
      SendCallback callback) {
    long bytes = ProducerBatch.recordBytesMax(record);
    Optional<ProducerBatch> full = Optional.empty();
    Optional<ProducerBatch> joined = Optional.empty();
    synchronized (buffer) {
      Optional<ProducerBatch> open = buffer.open();
      if (closed || open.isEmpty() || !open.get().topicId().equals(topicId)) {
        return Optional.empty();
      }
      if (!open.get().hasRoom(bytes, batchBytes.applyAsInt(topicId))) {
        full = buffer.seal();
      } else if (open.get().spareBytes() < bytes) {
        return Optional.empty();
      } else {
        open.get().append(record, timestampMs, bytes, callback);
        joined = open.filter(ProducerBatch::isHeld);
      }
    }
    joined.ifPresent(onHeld);
    full.ifPresent(this::filled);
    return full.isPresent() ? SEALED : JOINED;
  }

  /**
   * Adds a record if what its batch can spare, and the grant, are enough.
   *
   * @param bytes what the record needs at most
   * @param granted becomes the batch's, unless this throws
   */
  private Optional<Appended> append(
      PartitionBuffer buffer,
      UUID topicId,
      ProducerRecord record,
      long bytes,
      long timestampMs,
      SendCallback callback,
      long granted) {
    Optional<ProducerBatch> full;
    synchronized (buffer) {
      if (closed) {
        throw new IllegalStateException("the producer is closed");
      }
      Optional<ProducerBatch> open = buffer.open();
      boolean joins =
          open.isPresent()
              && open.get().topicId().equals(topicId)
              && open.get().hasRoom(bytes, batchBytes.applyAsInt(topicId));
      long spare = granted + (joins ? open.get().spareBytes() : 0);
      if (spare < bytes) {
        return Optional.empty();
      }
      ProducerBatch batch = joins ? open.get() : newBatch(buffer, topicId);
      batch.append(record, timestampMs, bytes, callback);
      batch.grant(granted);
      if (joins) {
        return JOINED;
      }
      full = buffer.seal();
      onBegun.accept(batch);
      buffers.open(buffer, batch);
    }
    full.ifPresent(this::filled);
    return OPENED;
  }

  private void filled(ProducerBatch batch) {
    // First: until then other senders choose the partition that is to be left.
    onSealed.accept(batch);
    encoding.help(batch);
  }

  private ProducerBatch newBatch(PartitionBuffer buffer, UUID topicId) {
    ProducerBatch batch = newBatch.apply(buffer.partition(), topicId);
    batch.expectRecords(buffer.recordsBefore());
    return batch;
  }

  /**
   * Hands over every batch that is full or has waited long enough, in the order of each partition.
   * Only for the producer's thread.
   *
   * @param hasRoom whether a partition's pipeline takes a batch that is not full
   * @return when the next open batch is due, or {@code Long.MAX_VALUE}
   */
  long takeDue(long nowMs, Predicate<TopicPartition> hasRoom, Consumer<ProducerBatch> taker) {
    List<ProducerBatch> sealed = new ArrayList<>();
    List<ProducerBatch> held = new ArrayList<>();
    List<ProducerBatch> taken = new ArrayList<>();
    boolean allDue = budget.isWanted();
    long next =
        buffers.visit(
            buffer -> {
              long dueMs = allDue ? nowMs : dueMs(buffer, hasRoom);
              if (dueMs <= nowMs) {
                buffer.seal().ifPresent(sealed::add);
              } else {
                dueMs = Math.min(dueMs, holdAtMs(buffer, nowMs, held));
              }
              buffer.drainSealed(taken);
              return buffer.isEmpty() ? Long.MAX_VALUE : dueMs;
            });
    // Outside the locks: what hangs on a batch's futures may send again.
    sealed.forEach(onSealed);
    held.forEach(onHeld);
    taken.forEach(taker);
    return next;
  }

  /** When an open batch is held that is not due; it is held now if its linger is over. */
  private long holdAtMs(PartitionBuffer buffer, long nowMs, List<ProducerBatch> held) {
    Optional<ProducerBatch> open = buffer.open().filter(batch -> !batch.isHeld());
    if (open.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long lingerEndMs = open.get().createdMs() + config.linger().toMillis();
    if (lingerEndMs > nowMs) {
      return lingerEndMs;
    }
    open.get().hold();
    held.add(open.get());
    return Long.MAX_VALUE;
  }

  private long dueMs(PartitionBuffer buffer, Predicate<TopicPartition> hasRoom) {
    if (buffer.open().isEmpty()) {
      return Long.MAX_VALUE;
    }
    long lingerMs = config.linger().toMillis();
    boolean room = hasRoom.test(buffer.partition());
    long heldMs = Math.min(OPEN_MS_MAX, config.deliveryTimeout().toMillis());
    return buffer.open().get().createdMs() + (room ? lingerMs : Math.max(lingerMs, heldMs));
  }

  /** Makes every open batch due. */
  void sealAll() {
    List<ProducerBatch> sealed = new ArrayList<>();
    buffers.forEach(buffer -> buffer.seal().ifPresent(sealed::add));
    sealed.forEach(onSealed);
  }

  /** Takes no more records, and makes every open batch due. */
  void close() {
    closed = true;
    sealAll();
  }

  /** Takes no more records, and forgets those that were not handed over. */
  void abandon() {
    closed = true;
    buffers.forEach(PartitionBuffer::clear);
  }

  /** Whether no batch waits. Only for the producer's thread. */
  boolean isEmpty() {
    return buffers.areEmpty();
  }
}
