package io.millrace.client.internal;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.client.api.BrokerAddress;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.ProduceFrameResult;
import io.millrace.proto.v1.ProduceStreamOpen;
import io.millrace.proto.v1.ProduceStreamOpened;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ProduceStreamResponse;
import io.millrace.proto.v1.ResumePartition;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A producer's stream to one broker, shared by the partitions that the broker leads. Confined to
 * the producer's thread; what the network thread has to tell is handed over to it.
 *
 * <p>Messages are written while the transport takes them and wait here otherwise: back-pressure of
 * the broker ends in the producer's budget, not in unbounded transport buffers.
 */
final class ProduceConnection {
  /** What the owner is told, on its own thread. */
  interface Listener {
    void opened(ProduceConnection connection, ProduceStreamOpened limits);

    void answered(ProduceConnection connection, PartitionPipe pipe, Frame frame);

    /**
     * A frame that was not to be answered (acks=0) was refused.
     *
     * @param records how many it had, as far as is known
     */
    void refusedLate(ProduceConnection connection, ProduceFrameResult result, int records);

    void ended(ProduceConnection connection, MillraceException cause);
  }

  /**
   * An answered frame.
   *
   * @param sendId the session's name for it
   * @param result what the broker said
   */
  record Frame(long sendId, ProduceFrameResult result) {}

  private record Sent(PartitionPipe pipe, long sendId, ProducerBatch batch) {}

  /**
   * @param frameId 0 for what is no frame
   */
  private record Queued(OutboundMessage message, long frameId, Optional<ProducerBatch> batch) {}

  private final BrokerAddress broker;
  private final long epoch;
  private final boolean expectAnswers;
  private final Executor loop;
  private final Listener listener;
  private final ClientCallStreamObserver<OutboundMessage> requests;
  private final Map<Long, Sent> unanswered = new HashMap<>();
  private final ArrayDeque<Queued> queue = new ArrayDeque<>();

  /** Only if no answers are expected. */
  private final FrameRecords unacknowledged = new FrameRecords();

  private long lastFrameId;

  /** 0 <= lastWrittenId <= lastFrameId. */
  private long lastWrittenId;

  private boolean ended;

  /** Whether it takes no more frames. */
  private boolean completing;

  /** Whether the transport was told so. */
  private boolean completed;

  /**
   * The partitions that have, or had, frames on the stream since it was opened; none is ever taken
   * out, as the broker counts them so, and remembers of each whether it takes frames. No more than
   * its bound.
   */
  private final Set<TopicIdPartition> placed = new HashSet<>();

  private Optional<ProduceStreamOpened> limits = Optional.empty();

  /**
   * Opens a stream.
   *
   * @param epoch larger than that of every stream that the producer had before
   */
  ProduceConnection(
      BrokerAddress broker,
      long epoch,
      ProduceStreamOpen open,
      boolean expectAnswers,
      ProducerShared shared) {
    this.broker = broker;
    this.epoch = epoch;
    this.expectAnswers = expectAnswers;
    this.loop = shared.loop();
    this.listener = shared.listener();
    Receiver receiver = new Receiver();
    ClientCalls.asyncBidiStreamingCall(
        shared
            .cluster()
            .channels()
            .channel(broker)
            .newCall(OutboundMarshaller.PRODUCE_STREAM, CallOptions.DEFAULT),
        receiver);
    this.requests = receiver.stream();
    requests.onNext(OutboundMessage.of(ProduceStreamRequest.newBuilder().setOpen(open).build()));
  }

  /**
   * What all streams of a producer have in common.
   *
   * @param cluster gives the channels
   * @param loop runs tasks on the producer's thread
   * @param listener is told there
   */
  record ProducerShared(ClusterClient cluster, Executor loop, Listener listener) {}

  BrokerAddress broker() {
    return broker;
  }

  long epoch() {
    return epoch;
  }

  /** The broker's limits once it has answered `open`. */
  Optional<ProduceStreamOpened> limits() {
    return limits;
  }

  boolean ended() {
    return ended;
  }

  /** Whether the stream has a place for a partition; as long as the bound is not known, it may. */
  boolean admits(PartitionPipe pipe) {
    return !ended && !completing && (!isFull() || hasPlaced(pipe));
  }

  /** Whether a partition has a place, be it by an earlier pipe. */
  boolean hasPlaced(PartitionPipe pipe) {
    return placed.contains(pipe.id());
  }

  /**
   * Gives a partition a place on the open stream, for good.
   *
   * @return false if there is none
   */
  boolean place(PartitionPipe pipe) {
    boolean admitted = admits(pipe);
    if (admitted) {
      placed.add(pipe.id());
    }
    return admitted;
  }

  private boolean isFull() {
    return partitionsMax() > 0 && placed.size() >= partitionsMax();
  }

  /** The broker's bound, or 0 if it told none. */
  private int partitionsMax() {
    return limits.map(ProduceStreamOpened::getMaxPartitions).orElse(0);
  }

  void sendFrame(
      PartitionPipe pipe,
      long sendId,
      ProducerBatch batch,
      PartitionBatch frame,
      ByteBuffer bytes) {
    long frameId = ++lastFrameId;
    if (expectAnswers) {
      unanswered.put(frameId, new Sent(pipe, sendId, batch));
    } else {
      unacknowledged.sent(frameId, batch.recordCount());
    }
    batch.enqueued();
    OutboundMessage message =
        OutboundMessage.frame(frameId, frame, bytes, batch::releasedByTransport);
    queue.add(new Queued(message, frameId, Optional.of(batch)));
    write();
  }

  void resume(ByteString topicId, int partition, int nextSequence) {
    ResumePartition resume =
        ResumePartition.newBuilder()
            .setTopicId(topicId)
            .setPartition(partition)
            .setNextSequence(nextSequence)
            .build();
    queue.add(
        new Queued(
            OutboundMessage.of(ProduceStreamRequest.newBuilder().setResume(resume).build()),
            0,
            Optional.empty()));
    write();
  }

  /** No more frames: ends the stream in order once everything is written. */
  void complete() {
    completing = true;
    write();
  }

  /** Whether no more frames were to come. */
  boolean isCompleting() {
    return completing;
  }

  /** Gives the stream up at once. */
  void cancel(String reason) {
    if (!ended) {
      requests.cancel(reason, null);
      over();
    }
  }

  private void write() {
    while (!ended && !queue.isEmpty() && requests.isReady()) {
      Queued next = queue.remove();
      lastWrittenId = Math.max(lastWrittenId, next.frameId());
      requests.onNext(next.message());
      next.batch().ifPresent(ProducerBatch::dequeued);
    }
    if (completing && !completed && !ended && queue.isEmpty()) {
      completed = true;
      requests.onCompleted();
    }
  }

  private void over() {
    ended = true;
    unanswered.clear();
    for (Queued queued : queue) {
      queued.message().drop();
      queued.batch().ifPresent(ProducerBatch::dequeued);
    }
    queue.clear();
  }

  private void received(ProduceStreamResponse response) {
    if (ended) {
      return;
    }
    switch (response.getMessageCase()) {
      case OPENED -> opened(response.getOpened());
      case RESULTS -> response.getResults().getResultsList().forEach(this::result);
      case MESSAGE_NOT_SET -> {
        // A kind of message that this version does not know: it can't be about our frames.
      }
    }
  }

  private void opened(ProduceStreamOpened told) {
    if (limits.isPresent()) {
      distrust("it opened the stream twice");
      return;
    }
    limits = Optional.of(told);
    listener.opened(this, told);
  }

  private void result(ProduceFrameResult result) {
    if (ended) {
      return;
    }
    Sent sent = unanswered.remove(result.getFrameId());
    if (sent != null) {
      Optional<String> defect =
          result.getFrameId() > lastWrittenId
              ? Optional.of("an answer to frame " + result.getFrameId() + ", which it has not got")
              : sent.pipe().defect(sent.batch(), result.getResult());
      if (defect.isPresent()) {
        distrust(defect.get());
        return;
      }
      listener.answered(this, sent.pipe(), new Frame(sent.sendId(), result));
    } else if (!expectAnswers && result.getResult().hasError()) {
      listener.refusedLate(this, result, unacknowledged.refused(result.getFrameId()));
    }
  }

  /** Whoever answers nonsense may have done anything: what is unanswered is in doubt. */
  private void distrust(String nonsense) {
    cancel(nonsense);
    listener.ended(
        this,
        new MillraceException(ErrorCode.INTERNAL, broker + " answered nonsense: " + nonsense));
  }

  private void lost(Throwable cause) {
    if (!ended) {
      over();
      listener.ended(this, GrpcErrors.ended(cause, broker, limits.isPresent()));
    }
  }

  /** Runs on the network thread. */
  private final class Receiver
      implements ClientResponseObserver<OutboundMessage, ProduceStreamResponse> {
    private final AtomicReference<ClientCallStreamObserver<OutboundMessage>> stream =
        new AtomicReference<>();

    ClientCallStreamObserver<OutboundMessage> stream() {
      return Objects.requireNonNull(stream.get());
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<OutboundMessage> requestStream) {
      requestStream.setOnReadyHandler(() -> loop.execute(ProduceConnection.this::write));
      stream.set(requestStream);
    }

    @Override
    public void onNext(ProduceStreamResponse value) {
      loop.execute(() -> received(value));
    }

    @Override
    public void onError(Throwable t) {
      loop.execute(() -> lost(t));
    }

    @Override
    public void onCompleted() {
      onError(
          Status.UNAVAILABLE.withDescription("the broker ended the produce stream").asException());
    }
  }
}
