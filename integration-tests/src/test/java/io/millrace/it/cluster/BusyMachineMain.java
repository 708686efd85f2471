package io.millrace.it.cluster;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.time.Clock;
import io.millrace.common.time.SystemClock;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Three nodes on a machine whose cores are all busy with something else: {@code MINUTES}. Ends with
 * 0 if the controller stayed where it was, no broker was fenced and every change that was
 * acknowledged meanwhile is there; with 1, and the nodes' files kept, if not.
 */
public final class BusyMachineMain {
  /** Threads that spin for each core, so that a node gets a share of one like theirs. */
  private static final int SPINNERS_PER_CORE = 2;

  private static final Duration LOOK = Duration.ofSeconds(10);

  private final ClusterProcesses cluster;
  private final AdminHistory history;
  private final MillraceClient client;
  private final Clock clock = new SystemClock();
  private final PrintStream out;

  private BusyMachineMain(ClusterProcesses cluster, PrintStream out) {
    this.cluster = cluster;
    this.history = new AdminHistory("busy", 1, cluster);
    this.client = MillraceClient.connect(ClientConfig.of(cluster.node(1).bootstrap()));
    this.out = out;
  }

  /** The command. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Duration load = Duration.ofMillis((long) (Double.parseDouble(arguments[0]) * 60_000));
    Path home = Files.createTempDirectory("millrace-busy-");
    List<String> wrong;
    try (ClusterProcesses cluster = ClusterProcesses.start(home, 3, Map.of())) {
      cluster.awaitController();
      wrong = new BusyMachineMain(cluster, System.out).run(load);
    }
    wrong.forEach(System.out::println);
    System.out.println(
        wrong.isEmpty() ? "no election, nothing lost" : "FAILED; the nodes' files are in " + home);
    System.exit(wrong.isEmpty() ? 0 : 1);
  }

  private List<String> run(Duration load) throws IOException, InterruptedException {
    long epoch = epoch();
    Thread administrator = new Thread(history::run, "administrator");
    administrator.start();
    List<Thread> spinners = spin();
    long end = clock.monotonicMs() + load.toMillis();
    while (clock.monotonicMs() < end) {
      TimeUnit.MILLISECONDS.sleep(Math.min(LOOK.toMillis(), end - clock.monotonicMs()));
      out.println("epoch " + epoch() + ", changes acknowledged " + history.acknowledged());
    }
    spinners.forEach(Thread::interrupt);
    administrator.interrupt();
    administrator.join();
    List<String> wrong = new ArrayList<>(violations());
    if (epoch() != epoch) {
      wrong.add("the controller's epoch went from " + epoch + " to " + epoch());
    }
    for (int node = 1; node <= cluster.size(); node++) {
      cluster
          .node(node)
          .process()
          .stderr()
          .lines()
          .filter(BusyMachineMain::tells)
          .forEach(wrong::add);
    }
    history.close();
    client.close();
    return wrong;
  }

  private static boolean tells(String logged) {
    return logged.contains("] fenced:") || logged.contains("steps down");
  }

  private static List<Thread> spin() {
    List<Thread> spinners = new ArrayList<>();
    int count = SPINNERS_PER_CORE * Runtime.getRuntime().availableProcessors();
    for (int i = 0; i < count; i++) {
      Thread spinner =
          new Thread(
              () -> {
                while (!Thread.currentThread().isInterrupted()) {
                  Thread.onSpinWait();
                }
              },
              "spinner-" + i);
      spinner.setDaemon(true);
      spinner.start();
      spinners.add(spinner);
    }
    return spinners;
  }

  private long epoch() {
    return client.admin().quorum().controllerEpoch();
  }

  private List<String> violations() {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(cluster.node(1).bootstrap()).usePlaintext().build();
    try {
      return history.violations(channel);
    } finally {
      channel.shutdownNow();
    }
  }
}
