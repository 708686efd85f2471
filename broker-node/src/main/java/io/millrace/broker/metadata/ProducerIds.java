package io.millrace.broker.metadata;

import io.millrace.common.MillraceException;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * Gives out producer ids from blocks that the controller allocates, so that most requests cost no
 * entry in the metadata log. Thread-safe: one lock, under which nothing else is called.
 */
public final class ProducerIds {
  private static final int BLOCK = 1_000;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final int brokerId;
  private final LongSupplier brokerEpoch;
  private final MetadataQuorum quorum;

  /** The next id to give out; ids remain while it is smaller than {@link #end}. */
  private long next;

  private long end;
  private boolean asking;
  private final Queue<CompletableFuture<Long>> waiting = new ArrayDeque<>();

  /**
   * Begins without a block.
   *
   * @param brokerEpoch this broker's registration
   */
  public ProducerIds(int brokerId, LongSupplier brokerEpoch, MetadataQuorum quorum) {
    this.brokerId = brokerId;
    this.brokerEpoch = brokerEpoch;
    this.quorum = quorum;
  }

  /** An id that was never given out before, at least 1; fails if no block can be had. */
  public CompletableFuture<Long> next() {
    CompletableFuture<Long> id = new CompletableFuture<>();
    synchronized (this) {
      if (next < end) {
        id.complete(next++);
        return id;
      }
      waiting.add(id);
      if (asking) {
        return id;
      }
      asking = true;
    }
    ask();
    return id;
  }

  /** Whether an id can have been given out, by this broker or another, as far as one knows here. */
  public boolean allocated(long id) {
    synchronized (this) {
      if (id < end) {
        return true;
      }
    }
    return id < quorum.image().nextProducerId();
  }

  private void ask() {
    CompletableFuture<Void> unused =
        quorum
            .submit(
                new Command.AllocateProducerIds(brokerId, brokerEpoch.getAsLong(), BLOCK), TIMEOUT)
            .thenAccept(this::allocated);
  }

  private void allocated(CommandResult result) {
    if (!(result instanceof CommandResult.ProducerIdBlock block)) {
      CommandResult.Refused refused = (CommandResult.Refused) result;
      MillraceException reason = refused.error().exception();
      takeAllWaiting().forEach(id -> id.completeExceptionally(reason));
      return;
    }
    List<Runnable> answers = new ArrayList<>();
    boolean more;
    synchronized (this) {
      next = Math.max(1, block.firstProducerId());
      end = block.firstProducerId() + block.count();
      while (next < end && !waiting.isEmpty()) {
        CompletableFuture<Long> id = waiting.remove();
        long value = next++;
        answers.add(() -> id.complete(value));
      }
      more = !waiting.isEmpty();
      asking = more;
    }
    answers.forEach(Runnable::run);
    if (more) {
      ask();
    }
  }

  private synchronized List<CompletableFuture<Long>> takeAllWaiting() {
    List<CompletableFuture<Long>> all = new ArrayList<>(waiting);
    waiting.clear();
    asking = false;
    return all;
  }
}
