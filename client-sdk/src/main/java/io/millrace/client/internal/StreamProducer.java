package io.millrace.client.internal;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerMetrics;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.client.api.SendCallback;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.producer.BatchOutcome;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The producer: records are gathered on the callers' threads and sent by one thread of its own.
 * Thread-safe.
 */
final class StreamProducer implements Producer {
  /** How long to wait for the streams' orderly end, beyond the time for the answers. */
  private static final long STREAM_END_MS = 2_000;

  /** The part of the buffer that may lie idle as memory for the next batches. */
  private static final int IDLE_PART = 4;

  /** Builders double their memory, and have as much again for the compressed batch. */
  private static final long BUILDERS_OF_A_BATCH = 4;

  private static final long BUILDER_SLACK_BYTES = 1 << 10;

  private final ProducerConfig config;
  private final long maxBlockMs;
  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final Consumer<StreamProducer> onClose;
  private final PartitionChoice choice;
  private final BufferBudget budget;
  private final BatchBuilders builders;
  private final BatchEncoding encoding;
  private final Accumulator accumulator;
  private final ProducerOutcomes outcomes;
  private final ServerLimits limits;
  private final ProducerLoop loop;
  private final ProducerSender sender;
  private final Thread thread;
  private final ProducerCounters counters;
  private final CallbackGuard guard = new CallbackGuard();
  private final Interceptors interceptors;
  private final Executor helper;

  /** Whether nothing is taken any more. */
  private volatile boolean closed;

  /** Topics that sends in callbacks wait for. Confined to the producer's thread. */
  private final Set<String> lookUps = new HashSet<>();

  private final AtomicBoolean closing = new AtomicBoolean();

  /** Completes when {@link #close} is through. */
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  StreamProducer(
      ProducerConfig config,
      ClusterClient cluster,
      MetadataCache metadata,
      Executor helper,
      Consumer<StreamProducer> onClose) {
    this(config, cluster, metadata, helper, onClose, new BatchEncoding(config.compression()));
  }

  StreamProducer(
      ProducerConfig config,
      ClusterClient cluster,
      MetadataCache metadata,
      Executor helper,
      Consumer<StreamProducer> onClose,
      BatchEncoding encoding) {
    this.config = config;
    this.maxBlockMs = config.maxBlock().toMillis();
    this.cluster = cluster;
    this.metadata = metadata;
    this.onClose = onClose;
    this.choice = new PartitionChoice(config.partitioner().get());
    this.helper = helper;
    this.counters = new ProducerCounters(cluster.clock());
    this.interceptors = new Interceptors(config.interceptors());
    this.outcomes = new ProducerOutcomes(counters, guard);
    this.loop = new ProducerLoop(cluster.clock(), helper);
    this.limits = new ServerLimits(cluster);
    this.budget = new BufferBudget(config.bufferBytes(), loop::wake);
    this.builders =
        new BatchBuilders(
            config.compression(),
            config.bufferBytes() / IDLE_PART,
            BUILDERS_OF_A_BATCH * config.batchBytes() + BUILDER_SLACK_BYTES);
    this.encoding = encoding;
    this.accumulator =
        new Accumulator(
            config,
            budget,
            topicId -> limits.batchBytes(config.batchBytes(), topicId),
            this::newBatch,
            outcomes::begun,
            this::batchOver,
            this::batchOver,
            encoding);
    this.sender =
        new ProducerSender(config, cluster, metadata, limits, accumulator, outcomes, loop);
    this.thread = new Thread(this::runLoop, "millrace-producer");
    this.thread.setDaemon(true);
  }

  StreamProducer start() {
    thread.start();
    return this;
  }

  @Override
  public CompletableFuture<RecordMetadata> send(ProducerRecord record) {
    SendFuture future = new SendFuture();
    send(record, future);
    return future;
  }

  @Override
  public void sendAndForget(ProducerRecord record) {
    send(record, BatchAnswers.NOBODY);
  }

  @Override
  public RecordMetadata sendAndWait(ProducerRecord record) {
    refuseInCallback("sendAndWait");
    SendFuture future = new SendFuture();
    send(record, future);
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MillraceException(
          ErrorCode.UNAVAILABLE, "interrupted while waiting for the answer to a record");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof MillraceException refusal
          ? refusal
          : new MillraceException(ErrorCode.INTERNAL, "the client failed: " + e.getCause());
    }
  }

  /** Whether the caller is one of this producer's callbacks. */
  boolean isInCallback() {
    return Thread.currentThread() == thread;
  }

  private void refuseInCallback(String call) {
    if (isInCallback()) {
      throw new IllegalStateException(call + " in a callback would wait for its own thread");
    }
  }

  @Override
  public void send(ProducerRecord record, SendCallback callback) {
    Objects.requireNonNull(record, "record");
    Objects.requireNonNull(callback, "callback");
    if (closed) {
      throw new IllegalStateException("the producer is closed");
    }
    if (!interceptors.areThere()) {
      take(record, callback);
      return;
    }
    ProducerRecord changed = interceptors.onSend(record);
    SendCallback asked = callback == BatchAnswers.NOBODY ? this::countForgotten : callback;
    take(changed, interceptors.before(asked, changed));
  }

  /** What becomes of a record that nobody but the interceptors asks about. */
  private void countForgotten(
      @Nullable RecordMetadata metadata, @Nullable MillraceException error) {
    if (error != null) {
      counters.forgottenFailed(1, error.error());
    }
  }

  private void take(ProducerRecord record, SendCallback callback) {
    try {
      append(record, callback);
    } catch (MillraceException e) {
      outcomes.refuse(callback, inNoBatch(e.error()).exception());
    }
  }

  private static MillraceError inNoBatch(MillraceError error) {
    Map<String, String> details = new HashMap<>(error.details());
    details.put("maybe_appended", "false");
    return new MillraceError(error.code(), error.message(), details);
  }

  private void append(ProducerRecord record, SendCallback callback) {
    Optional<TopicView> known = metadata.known(record.topic());
    boolean limitsMatter =
        limits.wantedFor(Math.max(ProducerBatch.recordBytesMax(record), config.batchBytes()));
    if (known.isPresent() && !limitsMatter) {
      append(known.get(), record, callback, waitMs(maxBlockMs));
      return;
    }
    if (isInCallback()) {
      lookUp(record.topic(), limitsMatter);
      throw notKnownYet(record.topic());
    }
    long deadlineMs = loop.nowMs() + maxBlockMs;
    TopicView topic = metadata.topic(record.topic(), config.maxBlock());
    if (limitsMatter) {
      limits.learn(Duration.ofMillis(leftMs(deadlineMs)));
    }
    append(topic, record, callback, waitMs(leftMs(deadlineMs)));
  }

  private void append(TopicView topic, ProducerRecord record, SendCallback callback, long waitMs) {
    int partition = choice.choose(record, topic).id().partition();
    long timestampMs =
        record.timestampMs().isPresent()
            ? record.timestampMs().getAsLong()
            : cluster.clock().wallMs();
    Accumulator.Appended appended =
        choice.mayMove(record)
            ? accumulator.appendUnlessFull(topic, partition, record, timestampMs, callback, waitMs)
            : accumulator.append(topic, partition, record, timestampMs, callback, waitMs);
    if (appended == Accumulator.Appended.SEALED) {
      loop.wake();
      partition = choice.choose(record, topic).id().partition();
      appended = accumulator.append(topic, partition, record, timestampMs, callback, waitMs);
    }
    if (appended != Accumulator.Appended.JOINED) {
      loop.wake();
    }
  }

  /** Finds out what a send needs to know, without waiting; at most once at a time for a topic. */
  private void lookUp(String topic, boolean limitsToo) {
    if (!lookUps.add(topic)) {
      return;
    }
    loop.ask(
        () -> {
          TopicView known = metadata.topic(topic, cluster.config().requestTimeout());
          if (limitsToo) {
            limits.learn(cluster.config().requestTimeout());
          }
          return known;
        },
        known -> lookUps.remove(topic),
        failure -> lookUps.remove(topic));
  }

  private static MillraceException notKnownYet(String topic) {
    return new MillraceException(
        new MillraceError(
            ErrorCode.UNAVAILABLE,
            "topic "
                + topic
                + " is not known yet and a callback must not wait for it (it is being looked up:"
                + " send again a little later, or on another thread)",
            Map.of("topic", topic)));
  }

  /** In a callback nobody could make room meanwhile. */
  private long waitMs(long mostMs) {
    return isInCallback() ? 0 : mostMs;
  }

  private long leftMs(long deadlineMs) {
    return Math.max(0, deadlineMs - loop.nowMs());
  }

  @Override
  public boolean flush(Duration timeout) {
    refuseInCallback("flush");
    long timeoutMs = Timeouts.millis(timeout);
    List<ProducerBatch> open = outcomes.incomplete();
    accumulator.sealAll();
    loop.wake();
    try {
      return awaitAll(open, timeoutMs);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MillraceException(
          ErrorCode.UNAVAILABLE, "interrupted while waiting for the answers to a flush");
    }
  }

  @Override
  public ProducerMetrics metrics() {
    return new ProducerMetrics(
        counters.answered(),
        counters.frames(),
        new ProducerMetrics.Failures(
            counters.late(), counters.forgotten(), guard.failures(), interceptors.failures()),
        new ProducerMetrics.Buffer(
            config.bufferBytes(), budget.usedBytes(), budget.waiting(), outcomes.incompleteCount()),
        counters.requestLatency());
  }

  @Override
  public void close(Duration timeout) {
    long timeoutMs = Timeouts.millis(timeout);
    boolean inCallback = isInCallback();
    if (closing.compareAndSet(false, true)) {
      closed = true;
      accumulator.close();
      budget.close();
      if (inCallback) {
        helper.execute(() -> end(timeoutMs));
      } else {
        end(timeoutMs);
      }
    } else if (!inCallback) {
      awaitEnd(timeoutMs);
    }
  }

  private void awaitEnd(long timeoutMs) {
    try {
      ended.get(timeoutMs, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // Whoever closed first goes on.
    }
  }

  private void end(long timeoutMs) {
    long deadline = loop.nowMs() + timeoutMs;
    loop.wake();
    try {
      awaitAll(outcomes.incomplete(), timeoutMs);
      CompletableFuture<Void> senderClosed = new CompletableFuture<>();
      boolean alive =
          loop.execute(
              () -> {
                sender.close();
                senderClosed.complete(null);
              });
      if (alive) {
        senderClosed.get(STREAM_END_MS, TimeUnit.MILLISECONDS);
        awaitStreams(Math.max(deadline, loop.nowMs() + STREAM_END_MS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      ClientLog.warn("the producer's thread did not end in time");
    } finally {
      stopLoop();
      onClose.accept(this);
      ended.complete(null);
    }
  }

  /** What has no answer yet fails. */
  private void stopLoop() {
    loop.stop();
    try {
      thread.join(STREAM_END_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitStreams(long deadlineMs) throws InterruptedException {
    CompletableFuture<Void> streams = new CompletableFuture<>();
    loop.execute(() -> loop.watch(sender::streamsEnded, () -> streams.complete(null)));
    try {
      streams.get(Math.max(1, deadlineMs - loop.nowMs()), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // The streams are cancelled instead; every record has its answer already.
    }
  }

  private static boolean awaitAll(List<ProducerBatch> batches, long timeoutMs)
      throws InterruptedException {
    try {
      CompletableFuture.allOf(
              batches.stream().map(ProducerBatch::done).toArray(CompletableFuture<?>[]::new))
          .get(timeoutMs, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a batch's end failed", e);
    }
  }

  private ProducerBatch newBatch(TopicPartition partition, UUID topicId) {
    return new ProducerBatch(
        partition, topicId, budget, builders, encoding, cluster.clock().monotonicMs());
  }

  private void batchOver(ProducerBatch batch) {
    metadata
        .known(batch.partition().topic())
        .ifPresent(topic -> choice.batchOver(topic, batch.partition().partition()));
  }

  private void runLoop() {
    try {
      loop.run(sender::turn);
      failRest(new MillraceError(ErrorCode.UNAVAILABLE, "the producer was closed"));
    } catch (InterruptedException e) {
      fail("the producer's thread was interrupted");
    } catch (RuntimeException | Error e) {
      ClientLog.error("the producer's thread failed", e);
      fail("the producer failed: " + e);
    }
  }

  private void fail(String why) {
    closed = true;
    failRest(new MillraceError(ErrorCode.INTERNAL, why));
  }

  /** The loop is over: whatever has no answer yet gets this one, and nothing is taken after it. */
  private void failRest(MillraceError error) {
    accumulator.abandon();
    budget.close();
    sender.cancelStreams();
    outcomes.incomplete().forEach(b -> outcomes.complete(b, new BatchOutcome.Failed(error, true)));
  }
}
