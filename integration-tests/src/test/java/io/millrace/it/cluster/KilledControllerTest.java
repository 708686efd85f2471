package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 of the controller's process, again and again, while topics are created, changed and
 * deleted through all nodes: nothing that was acknowledged is lost, and nothing is done twice
 * (S19). Run with {@code -Dmillrace.controller.kills=30} for the whole measure.
 */
class KilledControllerTest {
  private static final int KILLS = Integer.getInteger("millrace.controller.kills", 1);

  /** A measurement on a machine of its own; a build's machine is too busy for a bound. */
  private static final boolean MEASURE = Integer.getInteger("millrace.controller.kills") != null;

  private static final int ADMINISTRATORS = 3;

  @TempDir Path home;

  @Test
  void S19_nothingAcknowledgedIsLostAndNothingIsDoneTwice() throws Exception {
    List<Long> takeOversMs = new ArrayList<>();
    List<AdminHistory> histories = new ArrayList<>();
    try (ClusterProcesses cluster = ClusterProcesses.start(home, 3, Map.of())) {
      List<Thread> administrators = new ArrayList<>();
      for (int i = 0; i < ADMINISTRATORS; i++) {
        AdminHistory history = new AdminHistory("admin" + i, 100 + i, cluster);
        histories.add(history);
        administrators.add(new Thread(history::run, "admin" + i));
      }
      administrators.forEach(Thread::start);
      for (int kill = 0; kill < KILLS; kill++) {
        takeOversMs.add(killController(cluster, histories));
      }
      administrators.forEach(Thread::interrupt);
      for (Thread administrator : administrators) {
        administrator.join();
      }
      report(takeOversMs, histories);
      for (int node = 1; node <= cluster.size(); node++) {
        awaitNoViolations(cluster.node(node), histories);
      }
    } finally {
      histories.forEach(AdminHistory::close);
    }
    if (MEASURE) {
      assertThat(median(takeOversMs)).as("median of %s", takeOversMs).isLessThan(3_000);
    }
  }

  /** Kills the controller while changes are made; returns how long there was no other. */
  private static long killController(ClusterProcesses cluster, List<AdminHistory> histories)
      throws Exception {
    int controller = cluster.awaitController();
    awaitProgress(histories);
    long killed = System.nanoTime();
    cluster.node(controller).kill();
    cluster.awaitController();
    long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed);
    awaitProgress(histories);
    cluster.node(controller).restart();
    return tookMs;
  }

  private static void awaitProgress(List<AdminHistory> histories) {
    int before = acknowledged(histories);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> acknowledged(histories) >= before + 2 * ADMINISTRATORS);
  }

  private static int acknowledged(List<AdminHistory> histories) {
    return histories.stream().mapToInt(AdminHistory::acknowledged).sum();
  }

  /** A node that follows may be a moment behind. */
  private static void awaitNoViolations(BrokerProcess node, List<AdminHistory> histories) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(violations(node, histories)).isEmpty());
  }

  private static List<String> violations(BrokerProcess node, List<AdminHistory> histories) {
    ManagedChannel channel = NettyChannelBuilder.forTarget(node.bootstrap()).usePlaintext().build();
    try {
      return histories.stream()
          .flatMap(history -> history.violations(channel).stream())
          .collect(Collectors.toList());
    } finally {
      channel.shutdownNow();
    }
  }

  private static void report(List<Long> takeOversMs, List<AdminHistory> histories) {
    System.out.printf(
        "controller killed %d times: next active after %s ms, median %d ms;"
            + " %d changes acknowledged, %d of unknown outcome%n",
        takeOversMs.size(),
        takeOversMs,
        median(takeOversMs),
        acknowledged(histories),
        histories.stream().mapToInt(AdminHistory::unknown).sum());
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElse(0L);
  }
}
