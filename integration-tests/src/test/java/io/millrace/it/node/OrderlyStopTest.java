package io.millrace.it.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ElectionType;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.PartitionStatus;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A leader is told to end while a producer sends to it every 10 ms. Run with {@code
 * -Dmillrace.orderly.stops=10} to see more than the first one, which is slow as all is new.
 */
@Timeout(120)
class OrderlyStopTest {
  private static final String TOPIC = "led";
  private static final int PARTITIONS = 6;
  private static final int STOPPED = 3;
  private static final int STOPS = Integer.getInteger("millrace.orderly.stops", 1);

  /** Of an idle machine it is below 300 ms; tests share theirs. */
  private static final long LONGEST_MS = 3_000;

  @TempDir Path home;

  @Test
  void S16_aStoppingLeaderHandsOverAndNoProducerSeesIt() throws Exception {
    try (LocalCluster cluster = LocalCluster.start(home);
        MillraceClient client = cluster.connect()) {
      client
          .admin()
          .createTopic(
              new NewTopic(
                  TOPIC, PARTITIONS, LocalCluster.NODES, Map.of("min.insync.replicas", "2")));
      for (int i = 0; i < STOPS; i++) {
        stopAndStart(cluster, client);
      }
    }
  }

  private static void stopAndStart(LocalCluster cluster, MillraceClient client) throws Exception {
    int led = awaitLed(client);
    try (Probe probe = new Probe(client, led)) {
      probe.awaitMore(100);
      cluster.node(STOPPED).stop();
      assertThat(states(client)).allMatch(status -> status.partition().leader() != STOPPED);
      probe.awaitMore(50);
      assertThat(probe.failures).isEmpty();
      System.out.printf(
          "an orderly stop of the leader: no acknowledgement for %d ms at most%n",
          probe.longestMs());
      assertThat(probe.longestMs()).isLessThan(LONGEST_MS);
    }
    cluster.node(STOPPED).start();
    awaitAllInSync(client);
    client.admin().electAllLeaders(ElectionType.PREFERRED);
  }

  private static void awaitAllInSync(MillraceClient client) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> states(client).stream().allMatch(each -> each.outOfSyncReplicas().isEmpty()));
  }

  private static List<PartitionStatus> states(MillraceClient client) {
    return client.admin().listPartitions(TOPIC);
  }

  private static int awaitLed(MillraceClient client) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                states(client).stream()
                    .filter(status -> status.outOfSyncReplicas().isEmpty())
                    .filter(status -> status.partition().leader() == STOPPED)
                    .findFirst(),
            found -> found.isPresent())
        .orElseThrow()
        .partition()
        .partition();
  }

  /** Sends one record each 10 ms, and knows the longest time without an acknowledgement. */
  private static final class Probe implements AutoCloseable {
    private final MillraceClient client;
    private final int partition;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final AtomicInteger acknowledged = new AtomicInteger();
    private final AtomicLong lastNanos = new AtomicLong(System.nanoTime());
    private final AtomicLong longestNanos = new AtomicLong();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Thread thread = new Thread(this::run, "probe");

    Probe(MillraceClient client, int partition) {
      this.client = client;
      this.partition = partition;
      thread.start();
    }

    private void run() {
      try (Producer producer = client.producer(ProducerConfig.defaults())) {
        while (!stopped.get()) {
          long begin = System.nanoTime();
          producer
              .send(ProducerRecord.of(TOPIC, new byte[10]).toPartition(partition))
              .whenComplete((at, failure) -> answered(failure));
          LockSupport.parkNanos(Math.max(0, 10_000_000 - (System.nanoTime() - begin)));
        }
      }
    }

    private void answered(Throwable failure) {
      if (failure != null) {
        failures.add(failure);
        return;
      }
      long now = System.nanoTime();
      long gap = now - lastNanos.getAndSet(now);
      if (acknowledged.incrementAndGet() > 20) {
        longestNanos.accumulateAndGet(gap, Math::max);
      }
    }

    void awaitMore(int records) {
      int wanted = acknowledged.get() + records;
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> acknowledged.get() >= wanted || !failures.isEmpty());
    }

    long longestMs() {
      return longestNanos.get() / 1_000_000;
    }

    @Override
    public void close() throws InterruptedException {
      stopped.set(true);
      thread.join();
    }
  }
}
