package io.millrace.client.internal;

import io.millrace.common.TopicPartition;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;

/** The batches of one partition that were not handed to the sender yet. Guarded by itself. */
final class PartitionBuffer {
  private final TopicPartition partition;
  private final ArrayDeque<ProducerBatch> sealed = new ArrayDeque<>();
  private Optional<ProducerBatch> open = Optional.empty();

  private int recordsBefore;

  /** Whether the producer's thread knows of it; so it is while it holds a batch. */
  private boolean listed;

  PartitionBuffer(TopicPartition partition) {
    this.partition = partition;
  }

  TopicPartition partition() {
    return partition;
  }

  /** The batch that takes records, if there is one. */
  Optional<ProducerBatch> open() {
    return open;
  }

  /**
   * Another batch takes the records from now on.
   *
   * @return whether the producer's thread does not know of this buffer yet, and is to be told
   */
  boolean open(ProducerBatch batch) {
    open = Optional.of(batch);
    boolean unknown = !listed;
    listed = true;
    return unknown;
  }

  /** The producer's thread forgets this buffer. */
  void unlist() {
    listed = false;
  }

  /**
   * The open batch takes no more records.
   *
   * @return it, if there was one
   */
  Optional<ProducerBatch> seal() {
    Optional<ProducerBatch> full = open;
    if (full.isPresent()) {
      full.get().seal();
      recordsBefore = full.get().recordCount();
      sealed.add(full.get());
      open = Optional.empty();
    }
    return full;
  }

  /** How many records the last batch had; 0 before the first. */
  int recordsBefore() {
    return recordsBefore;
  }

  /** Moves the sealed batches, oldest first. */
  void drainSealed(List<ProducerBatch> target) {
    target.addAll(sealed);
    sealed.clear();
  }

  /** Forgets every batch; whoever knows them answers them. */
  void clear() {
    sealed.clear();
    open = Optional.empty();
  }

  boolean isEmpty() {
    return sealed.isEmpty() && open.isEmpty();
  }
}
