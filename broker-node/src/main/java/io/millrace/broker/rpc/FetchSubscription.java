package io.millrace.broker.rpc;

import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.Registration;
import io.millrace.broker.rpc.wire.FetchFrame;
import io.millrace.broker.rpc.wire.TransportAllocator;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.PartitionData;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One partition of a fetch stream. Confined to the stream's runs, but for {@link #signal}, which is
 * called from anywhere.
 */
final class FetchSubscription {
  private static final long NOTHING_TOLD = -1;

  private final long id;
  private final PartitionHost host;
  private final int maxBytes;
  private final Consumer<FetchSubscription> ready;

  /** Whether it stands in the stream's ready queue. */
  private final AtomicBoolean queued = new AtomicBoolean();

  private ReadPosition position;
  private boolean paused;
  private long toldHighWatermark = NOTHING_TOLD;
  private long toldLogStart = NOTHING_TOLD;
  private @Nullable Registration registration;

  /**
   * What to send.
   *
   * @param last whether the subscription ends with it
   */
  record Message(FetchFrame frame, boolean last) {}

  FetchSubscription(
      long id,
      PartitionHost host,
      ReadPosition position,
      int maxBytes,
      Consumer<FetchSubscription> ready) {
    this.id = id;
    this.host = host;
    this.position = position;
    this.maxBytes = maxBytes;
    this.ready = ready;
  }

  long id() {
    return id;
  }

  TopicIdPartition partition() {
    return host.id();
  }

  /** Follows the partition from now on. */
  void start() {
    registration = host.onAdvance(this::signal);
    signal();
  }

  void pause(boolean now) {
    paused = now;
    signal();
  }

  /** There may be something to send. On any thread; cheap. */
  void signal() {
    if (queued.compareAndSet(false, true)) {
      ready.accept(this);
    }
  }

  /** It was taken out of the ready queue; what happens from here on signals anew. */
  void taken() {
    queued.set(false);
  }

  /**
   * The next message: records if there are any and the stream has credits, else where the partition
   * stands if that changed since it was told.
   *
   * @param memory where records are read to
   * @param allowance the bytes that the stream may send; nothing but positions below 1
   */
  Optional<Message> next(PartitionReader reader, TransportAllocator memory, int allowance) {
    PartitionView view = host.view();
    Optional<PartitionData> verdict = reader.answerInstead(host, view, position);
    if (verdict.isPresent()) {
      return Optional.of(new Message(FetchFrame.of(id, verdict.get()), true));
    }
    if (!paused && allowance > 0 && PartitionReader.hasVisible(view, position)) {
      return Optional.of(read(reader, memory, Math.min(allowance, maxBytes)));
    }
    if (view.highWatermark() == toldHighWatermark && view.logStartOffset() == toldLogStart) {
      return Optional.empty();
    }
    told(view.highWatermark(), view.logStartOffset());
    PartitionData standing = PartitionReader.answer(host, view).build();
    return Optional.of(new Message(FetchFrame.of(id, standing), false));
  }

  private Message read(PartitionReader reader, TransportAllocator memory, int most) {
    LentReads buffers = new LentReads(memory);
    PartitionReader.Result read;
    try {
      read = reader.read(host, position, new PartitionReader.Bounds(most, true, buffers));
    } catch (RuntimeException | Error e) {
      buffers.release();
      throw e;
    }
    position = position.movedTo(read.nextOffset());
    told(read.head().getHighWatermark(), read.head().getLogStartOffset());
    return new Message(
        new FetchFrame(id, read.head(), read.records(), buffers.lent()), read.decided());
  }

  void close() {
    if (registration != null) {
      registration.close();
    }
  }

  private void told(long highWatermark, long logStart) {
    toldHighWatermark = highWatermark;
    toldLogStart = logStart;
  }
}
