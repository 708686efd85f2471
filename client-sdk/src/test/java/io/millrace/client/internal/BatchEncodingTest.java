package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.producer.BatchOutcome.Acknowledged;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.time.SystemClock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who compresses batches, and what may happen meanwhile. */
@Timeout(60)
class BatchEncodingTest {
  private final FakeBroker broker = new FakeBroker(3);
  private final ClusterClient cluster =
      new ClusterClient(broker.config().build(), new SystemClock());
  private final ExecutorService helpers = Executors.newCachedThreadPool();

  private final BufferBudget budget = new BufferBudget(64 << 10, () -> {});
  private final BatchBuilders builders = new BatchBuilders(Compression.NONE, 1 << 20, 1 << 20);
  private final AtomicInteger encoded = new AtomicInteger();
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch mayGoOn = new CountDownLatch(1);

  @AfterEach
  void close() {
    mayGoOn.countDown();
    helpers.shutdownNow();
    cluster.close();
    broker.close();
  }

  @Test
  void theSenderLeavesBatchesToTheProducersThreadUntilThatIsBehind() {
    BatchEncoding encoding = new BatchEncoding(this::count, /* costly= */ true);
    List<ProducerBatch> left = List.of(sealed(encoding), sealed(encoding), sealed(encoding));
    encoding.help(left.get(2));
    assertThat(encoded).hasValue(1);

    encoding.help(left.get(1));
    assertThat(encoded).as("two are left, which is not many").hasValue(1);
    left.forEach(ProducerBatch::encode);
    assertThat(encoded).as("each once").hasValue(3);
  }

  @Test
  void theSenderNeverHelpsWithWhatCostsNothing() {
    BatchEncoding encoding = new BatchEncoding(this::count, /* costly= */ false);
    for (int i = 0; i < 10; i++) {
      encoding.help(sealed(encoding));
    }
    assertThat(encoded).hasValue(0);
  }

  @Test
  void aBatchThatIsOverIsNotEncodedAndNotWaitedFor() {
    BatchEncoding encoding = new BatchEncoding(this::count, /* costly= */ true);
    for (int i = 0; i < 10; i++) {
      ProducerBatch batch = sealed(encoding);
      end(batch);
      batch.encode();
    }
    ProducerBatch next = sealed(encoding);
    encoding.help(next);
    assertThat(encoded).as("nothing is left of the others").hasValue(0);
  }

  @Test
  void memoryThatIsBeingCompressedIsNotUsedAgainMeanwhile() throws InterruptedException {
    ProducerBatch batch = sealed(new BatchEncoding(this::block, /* costly= */ true));
    Thread sender = new Thread(batch::encode);
    sender.start();
    entered.await();
    Thread owner = new Thread(() -> end(batch));
    owner.start();
    await().until(() -> owner.getState() == Thread.State.BLOCKED);
    assertThat(isOfThatBatch(builders.take())).isFalse();

    mayGoOn.countDown();
    sender.join();
    owner.join();
    assertThat(isOfThatBatch(builders.take())).isTrue();
  }

  /** As when memory has run out: telling of it fails too. */
  private static final class UntellableError extends OutOfMemoryError {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new OutOfMemoryError("thrown by the test");
    }
  }

  @Test
  void aBatchThatCanNotBeCompressedFailsAlone() {
    Function<RecordBatchBuilder, ByteBuffer> failsOnce =
        builder -> {
          if (encoded.incrementAndGet() == 1) {
            throw new UntellableError();
          }
          return builder.buildUnstamped();
        };
    try (Producer producer = producer(failsOnce)) {
      CompletableFuture<RecordMetadata> lost = producer.send(record());
      assertThatThrownBy(lost::join)
          .cause()
          .isInstanceOfSatisfying(
              MillraceException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
                assertThat(e).hasMessageContaining("could not be encoded");
                assertThat(e.error().details()).containsEntry("maybe_appended", "false");
              });
      assertThat(producer.send(record()).join().offset()).isZero();
      assertThat(producer.metrics().answered().failedRecords()).isEqualTo(1);
      await().until(() -> producer.metrics().buffer().usedBytes() == 0);
    }
  }

  @Test
  void aCloseWaitsForWhatIsBeingCompressed() throws InterruptedException {
    Producer producer = producer(this::block);
    CompletableFuture<RecordMetadata> sent = producer.send(record());
    entered.await();
    CompletableFuture<Void> closed =
        CompletableFuture.runAsync(() -> producer.close(Duration.ofSeconds(30)), helpers);
    await().until(() -> refusesRecords(producer));
    mayGoOn.countDown();

    assertThat(closed).succeedsWithin(Duration.ofSeconds(20));
    assertThat(sent).isCompletedWithValueMatching(metadata -> metadata.offset() == 0);
  }

  @Test
  void orderHoldsWhoeverCompresses() {
    CountDownLatch senderHelped = new CountDownLatch(1);
    Thread sender = Thread.currentThread();
    Function<RecordBatchBuilder, ByteBuffer> together =
        builder -> {
          if (Thread.currentThread() == sender) {
            senderHelped.countDown();
          } else {
            awaitUninterrupted(senderHelped);
          }
          return builder.buildUnstamped();
        };
    try (Producer producer = producer(together)) {
      List<CompletableFuture<RecordMetadata>> sent = new ArrayList<>();
      for (int i = 0; i < 2_000; i++) {
        sent.add(producer.send(record()));
      }
      assertThat(producer.flush(Duration.ofSeconds(30))).isTrue();
      for (int i = 0; i < sent.size(); i++) {
        assertThat(sent.get(i).join().offset()).isEqualTo(i);
      }
    }
    assertThat(senderHelped.getCount()).isZero();
    assertThat(broker.corrupt).hasValue(0);
  }

  private Producer producer(Function<RecordBatchBuilder, ByteBuffer> encoder) {
    ProducerConfig config =
        ProducerConfig.builder()
            .compression(Compression.LZ4)
            .batchBytes(1_000)
            .linger(Duration.ofMillis(1))
            .build();
    return new StreamProducer(
            config,
            cluster,
            new MetadataCache(cluster),
            helpers,
            closed -> {},
            new BatchEncoding(encoder, /* costly= */ true))
        .start();
  }

  private static ProducerRecord record() {
    return ProducerRecord.of(FakeBroker.TOPIC, new byte[100]).toPartition(1);
  }

  private static boolean refusesRecords(Producer producer) {
    try {
      producer.sendAndForget(record());
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  private ByteBuffer count(RecordBatchBuilder builder) {
    encoded.incrementAndGet();
    return builder.buildUnstamped();
  }

  private ByteBuffer block(RecordBatchBuilder builder) {
    entered.countDown();
    awaitUninterrupted(mayGoOn);
    return builder.buildUnstamped();
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A sealed batch of about 20 KB. */
  private ProducerBatch sealed(BatchEncoding encoding) {
    ProducerBatch batch =
        new ProducerBatch(
            new TopicPartition("t", 0), new UUID(1, 2), budget, builders, encoding, /* nowMs= */ 0);
    batch.append(ProducerRecord.of("t", new byte[20_000]), 0, 0, BatchAnswers.NOBODY);
    batch.seal();
    return batch;
  }

  private static boolean isOfThatBatch(RecordBatchBuilder builder) {
    return builder.capacityBytes() >= 20_000;
  }

  private static void end(ProducerBatch batch) {
    batch.answer(new Acknowledged(0, 0, -1), new CallbackGuard());
    batch.over();
  }
}
