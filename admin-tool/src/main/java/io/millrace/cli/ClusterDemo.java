package io.millrace.cli;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.record.Compression;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * {@code millrace demo --nodes N}: the demo on several nodes, one of which is killed in the middle.
 * Confined to one thread, but for the end by Ctrl-C.
 */
final class ClusterDemo {
  private final CliContext context;
  private final DemoInput input;
  private final Plan plan;

  /** The demo is over and the nodes run on; read by the shutdown hook. */
  private volatile boolean staying;

  /**
   * What is to be shown.
   *
   * @param nodes how many processes
   * @param port the first one of the first, 0 for free ones
   * @param rounds how often the input is sent
   * @param keep whether the nodes run on afterwards
   */
  record Plan(int nodes, int port, int rounds, int partitions, Compression codec, boolean keep) {}

  ClusterDemo(CliContext context, DemoInput input, Plan plan) {
    this.context = context;
    this.input = input;
    this.plan = plan;
  }

  /** Returns the exit code. */
  int run() throws IOException {
    ClusterDemoNodes nodes = ClusterDemoNodes.create(plan.nodes(), plan.port());
    say("Starting " + plan.nodes() + " nodes, each a process of its own, in " + nodes.directory());
    try (CliContext.OnInterrupt hook = context.onInterrupt(() -> interrupted(nodes))) {
      boolean same = showOrTidyUp(nodes);
      verdict(same, nodes);
      if (plan.keep() && same) {
        stay(nodes);
      }
      nodes.close();
      return same ? 0 : ErrorReports.FAILURE;
    }
  }

  /** A demo that could not be played to its end leaves no process behind. */
  private boolean showOrTidyUp(ClusterDemoNodes nodes) throws IOException {
    boolean played = false;
    try {
      nodes.startAll();
      boolean same = show(nodes);
      played = true;
      return same;
    } catch (DemoCommand.UnfitInput e) {
      nodes.discard();
      throw e.why();
    } finally {
      if (!played) {
        nodes.close();
      }
    }
  }

  private boolean show(ClusterDemoNodes nodes) throws IOException {
    ClientConfig config = ClientConfig.of(nodes.bootstrap());
    try (MillraceClient client = MillraceClient.connect(config)) {
      DemoRun demo = new DemoRun(context, client, input, plan.partitions(), plan.codec());
      demo.createTopic(plan.nodes());
      say(
          String.format(
              Locale.ROOT,
              "Sending %s%s to topic '%s' (%s, %d replicas of each, acks=all, codec %s)",
              input.name(),
              plan.rounds() == 1 ? "" : String.format(Locale.ROOT, ", %,d times,", plan.rounds()),
              DemoRun.TOPIC,
              TopicReports.count(plan.partitions(), "partition"),
              plan.nodes(),
              plan.codec().codecName()));
      DemoFailover failover =
          new DemoFailover(nodes, context.clock(), plan.partitions(), plan.rounds());
      DemoDigests sent = DemoCommand.send(demo, plan.rounds(), failover);
      failover.await();
      say("Reading it back");
      boolean same = demo.compare(sent, demo.read(sent.records()));
      return sameReplicas(nodes) && same;
    }
  }

  private boolean sameReplicas(ClusterDemoNodes nodes) throws IOException {
    Optional<Long> bytes = DemoReplicas.awaitSame(nodes.all(), plan.partitions(), context.clock());
    say(
        bytes
            .map(
                count ->
                    String.format(
                        Locale.ROOT,
                        "\n  The %d nodes' logs are the same to the last byte: %,d bytes each.",
                        plan.nodes(),
                        count))
            .orElse("\n  The nodes' logs are NOT the same."));
    return bytes.isPresent();
  }

  private void verdict(boolean same, ClusterDemoNodes nodes) {
    say(
        same
            ? "\nNothing lost, nothing doubled, nothing out of order, with a leader killed in the"
                + " middle."
            : "\nThis is NOT as it must be: please report it, with the data.");
    say("The data lies in " + nodes.directory() + "/node-*/data/" + DemoRun.TOPIC + "-*");
    if (!plan.keep()) {
      say(
          "  check it:     "
              + context.command()
              + " log verify "
              + nodes.node(1).local().data()
              + "\n  delete it:    rm -r "
              + nodes.directory()
              + "\nNext:           "
              + context.command()
              + " demo --nodes "
              + plan.nodes()
              + " --keep, or "
              + context.command()
              + " dev --help");
    }
  }

  private void stay(ClusterDemoNodes nodes) {
    say("");
    context.out().print(nodes.table());
    context
        .out()
        .print(
            NextSteps.commands(
                context, nodes.all().stream().map(node -> node.local().clients()).toList()));
    String data = " --data " + nodes.directory();
    say(
        "  "
            + context.command()
            + " topic describe "
            + DemoRun.TOPIC
            + "\n  "
            + context.command()
            + " dev kill 2"
            + data
            + "\n  "
            + context.command()
            + " dev restart 2"
            + data
            + "\n\nCtrl-C ends all.");
    staying = true;
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs in the shutdown hook: no process stays, and no litter unless it was asked for. */
  private void interrupted(ClusterDemoNodes nodes) {
    if (staying) {
      nodes.close();
      say("\nstopped; the data lies in " + nodes.directory());
    } else {
      nodes.discard();
      say("\ninterrupted; " + nodes.directory() + " is deleted");
    }
    // Not to let the demo go on and complain of the nodes that are gone.
    Runtime.getRuntime().halt(staying ? 0 : CliContext.INTERRUPTED);
  }

  private void say(String line) {
    context.out().println(line);
    context.out().flush();
  }
}
