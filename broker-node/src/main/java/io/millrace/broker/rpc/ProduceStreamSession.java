package io.millrace.broker.rpc;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.wire.InboundProduce;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.ProduceFrame;
import io.millrace.proto.v1.ProduceFrameResult;
import io.millrace.proto.v1.ProduceStreamOpen;
import io.millrace.proto.v1.ProduceStreamOpened;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ProduceStreamResponse;
import io.millrace.proto.v1.ResumePartition;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One produce stream. Frames come in on the transport's thread, which alone touches {@link
 * #pipelines}; results come from shards and are put in order and sent under the session's lock, a
 * leaf under which nothing blocks.
 *
 * <p>The next frame is asked for only while the budget of bytes in flight and the client's reading
 * of results allow it.
 */
final class ProduceStreamSession implements StreamObserver<InboundProduce> {
  private static final Logger LOG = LoggerFactory.getLogger(ProduceStreamSession.class);

  /** A message of so many results stays well below what a client takes by default. */
  private static final int MESSAGE_RESULTS = 1_000;

  private final ProduceDeps deps;
  private final Access access;
  private final InFlightBytes budget;
  private final ServerCallStreamObserver<ProduceStreamResponse> client;
  private final Map<TopicIdPartition, StreamPipeline> pipelines = new HashMap<>();

  private @Nullable Acks acks;
  private long timeoutMs;

  /** Ids rise: the last one seen. */
  private long lastFrameId;

  /** Guarded by this. */
  private final ResultOrder order = new ResultOrder();

  /**
   * Guarded by this: results that can be told. Those of a shard's run go out together, and so does
   * what comes while the transport takes none, in as few messages as it fits into.
   */
  private final Queue<ProduceFrameResult> unsent = new ArrayDeque<>();

  /** Guarded by this: a shard will send them at the end of its run. */
  private boolean sending;

  /** Guarded by this: the client sends no more. */
  private boolean halfClosed;

  /** Guarded by this: nothing may be sent any more. */
  private boolean ended;

  /** Guarded by this: no frame is read any more; the stream ends when all are answered. */
  private boolean serverEnds;

  /** Guarded by this: why no frame is read any more; null while the client broke no rule. */
  private @Nullable MillraceException broken;

  private final Runnable endOfServer = this::serverEnds;
  private final Runnable requestNext = this::requestNext;

  /** Guarded by this: the next frame was not asked for yet, because the client does not read. */
  private boolean waitsForReader;

  ProduceStreamSession(
      ProduceDeps deps,
      InFlightBytes budget,
      ServerCallStreamObserver<ProduceStreamResponse> client) {
    deps.places().enter();
    this.deps = deps;
    this.access = deps.access();
    this.budget = budget;
    this.client = client;
    client.disableAutoRequest();
    client.setOnReadyHandler(this::readerReady);
    client.setOnCancelHandler(this::cancelled);
    client.setOnCloseHandler(this::closePipelines);
    client.request(1);
    deps.streams().add(endOfServer);
  }

  @Override
  public void onNext(InboundProduce message) {
    try {
      handle(message);
    } catch (RuntimeException thrown) {
      if (thrown instanceof MillraceException refusal && endsWhenAnswered(refusal)) {
        return;
      }
      // Before the barrier ends the call: no result may be sent on a call that has ended.
      cancelled();
      throw thrown;
    }
    budget.whenFree(requestNext);
  }

  private void handle(InboundProduce inbound) {
    ProduceStreamRequest message = inbound.message();
    switch (message.getMessageCase()) {
      case OPEN -> open(message.getOpen());
      case FRAME -> frame(message.getFrame(), inbound);
      case RESUME -> resume(message.getResume());
      case MESSAGE_NOT_SET ->
          throw Requests.invalid("message: none (expected: open, frame or resume)");
    }
  }

  @Override
  public void onError(Throwable thrown) {
    cancelled();
  }

  @Override
  public void onCompleted() {
    closePipelines();
    synchronized (this) {
      halfClosed = true;
      endIfDone();
    }
  }

  private void open(ProduceStreamOpen open) {
    if (acks != null) {
      throw Requests.invalid("message: open (expected: once, as the first)");
    }
    BatchIntake.requireNoTransaction(open.getTransactionalId());
    acks = BatchIntake.acks(open.getAcks());
    timeoutMs = deps.intake().timeoutMs(open.getTimeoutMs());
    ProduceStreamOpened opened =
        ProduceStreamOpened.newBuilder()
            .setMaxInFlightBytes(budget.limit())
            .setMaxInFlightBatches(deps.batchesRemembered())
            .setMaxPartitions(deps.maxPartitions())
            .build();
    synchronized (this) {
      client.onNext(ProduceStreamResponse.newBuilder().setOpened(opened).build());
    }
  }

  private void frame(ProduceFrame frame, InboundProduce inbound) {
    if (acks == null) {
      throw Requests.invalid("message: frame (expected: open first)");
    }
    if (Long.compareUnsigned(frame.getFrameId(), lastFrameId) <= 0) {
      throw Requests.invalid(
          "frame_id: "
              + Long.toUnsignedString(frame.getFrameId())
              + " (expected: > "
              + Long.toUnsignedString(lastFrameId)
              + ")");
    }
    lastFrameId = frame.getFrameId();
    PartitionBatch batch = frame.getBatch();
    TopicIdPartition id = Partitions.named(batch.getTopicId(), batch.getPartition());
    StreamPipeline pipeline = pipeline(id);
    ResultOrder.Slot slot;
    synchronized (this) {
      slot = order.next(id);
    }
    InFlightFrame bytes = new InFlightFrame(budget, inbound.heldBytes(), inbound.release());
    StreamFrame pending = new StreamFrame(this, id, slot, frame.getFrameId(), bytes);
    try {
      pipeline.submit(batch, acks, deps.intake().deadlineMs(timeoutMs), pending);
    } catch (RuntimeException thrown) {
      // The partition may have the batch already: its memory is left to the garbage collector.
      bytes.leave();
      // Nobody will answer it: the stream can't wait for its result.
      cancelled();
      throw thrown;
    }
  }

  private void resume(ResumePartition resume) {
    TopicIdPartition id = Partitions.named(resume.getTopicId(), resume.getPartition());
    pipeline(id).resume(resume.getNextSequence());
  }

  private StreamPipeline pipeline(TopicIdPartition id) {
    StreamPipeline known = pipelines.get(id);
    if (known != null) {
      return known;
    }
    if (pipelines.size() >= deps.maxPartitions()) {
      throw new MillraceException(
          ErrorCode.THROTTLED,
          "partitions on one stream: more than " + deps.maxPartitions() + " (expected: fewer)");
    }
    StreamPipeline fresh = new StreamPipeline(deps, access, id);
    pipelines.put(id, fresh);
    return fresh;
  }

  RpcMetrics metrics() {
    return deps.metrics();
  }

  /**
   * A frame is done: called once for each, on any thread.
   *
   * @param atEnd runs the sending, when others that are done now are done too
   */
  void done(StreamFrame frame, PartitionProduceResult result, Executor atEnd) {
    Optional<ProduceFrameResult> told =
        acks == Acks.NONE && !result.hasError()
            ? Optional.empty()
            : Optional.of(
                ProduceFrameResult.newBuilder()
                    .setFrameId(frame.frameId())
                    .setResult(result)
                    .build());
    try {
      if (completes(frame, told)) {
        atEnd.execute(this::sendGuarded);
      }
    } finally {
      frame.bytes().giveBack();
    }
  }

  /** Whether nobody is about to send what has come to be unsent. */
  private synchronized boolean completes(StreamFrame frame, Optional<ProduceFrameResult> told) {
    order.complete(frame.slot(), told, unsent);
    boolean sends = !sending;
    sending = true;
    return sends;
  }

  /** What the transport throws at one client ends its stream, and not the shard's run. */
  private void sendGuarded() {
    try {
      sendAll();
    } catch (RuntimeException thrown) {
      fail(thrown);
    }
  }

  private void fail(RuntimeException thrown) {
    boolean late;
    synchronized (this) {
      late = ended;
      end();
    }
    StatusRuntimeException status = RpcErrors.toStatus(thrown);
    if (!late) {
      try {
        client.onError(status);
      } catch (IllegalStateException closed) {
        LOG.debug("the transport has closed the call itself", closed);
      }
    }
  }

  private synchronized void sendAll() {
    sending = false;
    while (!unsent.isEmpty() && client.isReady()) {
      sendResults();
    }
    endIfDone();
  }

  /** Sends what fits into one message. With the lock held. */
  private void sendResults() {
    io.millrace.proto.v1.ProduceResults.Builder results =
        io.millrace.proto.v1.ProduceResults.newBuilder();
    while (!unsent.isEmpty() && results.getResultsCount() < MESSAGE_RESULTS) {
      results.addResults(unsent.remove());
    }
    if (!ended) {
      client.onNext(ProduceStreamResponse.newBuilder().setResults(results).build());
    }
  }

  private void requestNext() {
    synchronized (this) {
      if (ended || serverEnds) {
        return;
      }
      if (!client.isReady()) {
        waitsForReader = true;
        return;
      }
    }
    client.request(1);
  }

  private void readerReady() {
    synchronized (this) {
      while (!unsent.isEmpty() && client.isReady()) {
        sendResults();
      }
      if (!waitsForReader) {
        return;
      }
      waitsForReader = false;
    }
    budget.whenFree(requestNext);
  }

  private void serverEnds() {
    synchronized (this) {
      serverEnds = true;
      endIfDone();
    }
  }

  /**
   * Refuses a message, and the stream with it, after the results of the frames before.
   *
   * @return false if the stream has ended already
   */
  private synchronized boolean endsWhenAnswered(MillraceException refusal) {
    if (ended) {
      return false;
    }
    broken = refusal;
    serverEnds = true;
    endIfDone();
    return true;
  }

  private void endIfDone() {
    if (ended || !order.idle() || !(halfClosed || serverEnds)) {
      return;
    }
    while (!unsent.isEmpty()) {
      sendResults();
    }
    end();
    if (broken != null) {
      client.onError(RpcErrors.toStatus(broken.error()));
    } else if (halfClosed) {
      client.onCompleted();
    } else {
      client.onError(RpcErrors.toStatus(OpenStreams.shuttingDown()));
    }
  }

  private void cancelled() {
    closePipelines();
    synchronized (this) {
      end();
    }
  }

  private void end() {
    if (ended) {
      return;
    }
    ended = true;
    unsent.clear();
    budget.forget(requestNext);
    deps.places().leave();
    deps.streams().remove(endOfServer);
  }

  private void closePipelines() {
    pipelines.values().forEach(StreamPipeline::close);
    pipelines.clear();
  }
}
