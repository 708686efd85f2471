package io.millrace.client.internal;

import java.util.ArrayDeque;
import java.util.Optional;

/** The batches of one partition that were not handed to the sender yet. Guarded by itself. */
final class PartitionBuffer {
  private final ArrayDeque<ProducerBatch> sealed = new ArrayDeque<>();
  private Optional<ProducerBatch> open = Optional.empty();

  /** The batch that takes records, if there is one. */
  Optional<ProducerBatch> open() {
    return open;
  }

  void open(ProducerBatch batch) {
    open = Optional.of(batch);
  }

  /** The open batch takes no more records. */
  void seal() {
    open.ifPresent(
        batch -> {
          batch.seal();
          sealed.add(batch);
        });
    open = Optional.empty();
  }

  Optional<ProducerBatch> takeSealed() {
    return Optional.ofNullable(sealed.poll());
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
