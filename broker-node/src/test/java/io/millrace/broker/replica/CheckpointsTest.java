package io.millrace.broker.replica;

import static io.millrace.broker.replica.ReplicaManagerTest.awaitUninterruptibly;
import static io.millrace.broker.replica.ReplicaManagerTest.serving;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.metadata.image.MetadataImage;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits for a note of a log directory, and the directory fails. */
@Timeout(30)
class CheckpointsTest {
  /** No checkpoint is written by itself. */
  private static final long NEVER = 3_600_000;

  private final FaultPlan plan = new FaultPlan();

  private TestBroker start() throws IOException {
    TestBroker broker =
        new TestBroker(
            Map.of("/a", new FaultyFileStore(new MemoryFileStore(), plan)),
            false,
            MetadataImage.EMPTY,
            "boot",
            NEVER);
    broker.register();
    return broker;
  }

  private static LogDirectory directoryOf(TestBroker broker) throws Exception {
    return ((HostedPartition) broker.partition(serving(broker, "orders", Map.of()), 0)).directory();
  }

  /** The manager's thread waits for it, and would for ever. */
  @Test
  void S34_whoWaitsForANoteIsToldThatItsWritingFailed() throws Exception {
    try (TestBroker broker = start()) {
      LogDirectory directory = directoryOf(broker);
      plan.on(Operation.RENAME).path("**recovery-points*").failOnce("Input/output error");

      assertThat(directory.noteSoon())
          .failsWithin(Duration.ofSeconds(10))
          .withThrowableThat()
          .withMessageContaining("recovery-points.tmp: Input/output error");
    }
  }

  @Test
  void S34_whoWaitsForANoteIsToldThatTheDirectoryFailedWhileItsWritingHangs() throws Exception {
    CountDownLatch hanging = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    try (TestBroker broker = start()) {
      LogDirectory directory = directoryOf(broker);
      plan.on(Operation.RENAME)
          .path("**recovery-points*")
          .run(
              () -> {
                hanging.countDown();
                awaitUninterruptibly(goesOn);
              });
      try {
        CompletableFuture<Void> noted = directory.noteSoon();
        hanging.await();
        assertThat(noted).isNotDone();

        directory.dir().fail("sync orders-0", new IOException("Input/output error"));

        assertThat(noted).isCompletedExceptionally();
      } finally {
        goesOn.countDown();
      }
    }
  }
}
