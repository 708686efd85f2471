package io.millrace.cli;

import io.millrace.broker.server.BrokerSettings;
import io.millrace.broker.server.MillraceServer;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.record.Compression;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace demo}. */
@Command(
    name = "demo",
    description = {
      "Sends a real log through a node and proves that it comes back the same.",
      "Starts the node in this process and a temporary directory, sends the log over gRPC, reads it"
          + " back and compares order, count and every byte.",
      "With --nodes it does so on a cluster, each node a process of its own, kills a leader in the"
          + " middle and starts it again; then the nodes' logs must be the same, too."
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} demo",
      "  ${ROOT-COMMAND-NAME} demo --file /var/log/syslog --codec zstd",
      "  ${ROOT-COMMAND-NAME} demo --keep",
      "  ${ROOT-COMMAND-NAME} demo --nodes 3",
    })
final class DemoCommand implements Callable<Integer> {
  /** The log that ships is sent as often as makes about so much. */
  private static final long SHIPPED_BYTES = 32_000_000;

  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Send this file, a record a line. Default: a build log that ships with it.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      converter = Numbers.AtLeastOne.class,
      description = "How often the file is sent. Default: once, the log that ships often.")
  private Optional<Integer> rounds = Optional.empty();

  @Option(
      names = {"-p", "--partitions"},
      paramLabel = "N",
      converter = Numbers.AtLeastOne.class,
      description = "Partitions of the topic. Default: 4.")
  private int partitions = 4;

  @Option(
      names = {"-c", "--codec"},
      paramLabel = "CODEC",
      converter = CodecConverter.class,
      description = "none, gzip, snappy, lz4 or zstd. Default: none.")
  private Compression codec = Compression.NONE;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "How many nodes: 1, 3, 5 or 7. Default: 1.")
  private int nodes = 1;

  @Option(
      names = "--port",
      paramLabel = "N",
      description =
          "The port for clients; the next three are for other nodes, the metadata quorum and"
              + " administrators, and the next four for the next node. 0 takes free ones. Default:"
              + " 0.")
  private int port;

  @Option(
      names = "--keep",
      description = "Leave the node running afterwards, and say what to try next.")
  private boolean keep;

  /** The demo is over and the node runs on; read by the shutdown hook. */
  private volatile boolean staying;

  DemoCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    if (!DevCluster.isSound(nodes)) {
      throw new ParameterException(
          command.commandLine(), "--nodes: " + nodes + " (expected: 1, 3, 5 or 7)");
    }
    Optional<String> noPort = DevCommand.portMistake(port, nodes);
    if (noPort.isPresent()) {
      throw new ParameterException(command.commandLine(), noPort.get());
    }
    DemoInput input = DemoInput.of(file);
    return nodes == 1
        ? showOne(input)
        : new ClusterDemo(
                context,
                input,
                new ClusterDemo.Plan(nodes, port, timesToSend(input), partitions, codec, keep))
            .run();
  }

  private int showOne(DemoInput input) throws IOException {
    Path directory = Files.createTempDirectory("millrace-demo-");
    say("Starting a node in " + directory);
    MillraceServer server = MillraceServer.start(settings(directory));
    try (CliContext.OnInterrupt hook = context.onInterrupt(() -> interrupted(server, directory))) {
      boolean same = runOrTidyUp(server, input, directory);
      verdict(same, directory);
      if (keep && same) {
        stay(server, directory);
      }
      server.close();
      return same ? 0 : ErrorReports.FAILURE;
    }
  }

  private EffectiveConfig settings(Path directory) {
    return EffectiveConfig.builder(BrokerSettings.SCHEMA)
        .flags("set by the demo:", DevCommand.preset(directory, port))
        .build();
  }

  private int timesToSend(DemoInput input) {
    if (rounds.isPresent() || input.file().isPresent()) {
      return rounds.orElse(1);
    }
    return (int) Math.max(1, SHIPPED_BYTES / Math.max(1, input.bytes()));
  }

  /** A demo that could not be played to its end leaves nothing behind. */
  private boolean runOrTidyUp(MillraceServer server, DemoInput input, Path directory)
      throws IOException {
    try {
      return run(server, input, timesToSend(input));
    } catch (UnfitInput e) {
      server.close();
      delete(directory);
      throw e.why();
    } catch (RuntimeException | IOException e) {
      server.close();
      context.err().println("the demo did not get to its end; its data lies in " + directory);
      throw e;
    }
  }

  private boolean run(MillraceServer server, DemoInput input, int times) throws IOException {
    ClientConfig config = ClientConfig.of("127.0.0.1:" + server.clientPort());
    try (MillraceClient client = MillraceClient.connect(config)) {
      DemoRun demo = new DemoRun(context, client, input, partitions, codec);
      demo.createTopic(1);
      say(
          String.format(
              Locale.ROOT,
              "Sending %s%s to topic '%s' (%s, gRPC on port %d, acks=all, codec %s)",
              input.name(),
              times == 1 ? "" : String.format(Locale.ROOT, ", %,d times,", times),
              DemoRun.TOPIC,
              TopicReports.count(partitions, "partition"),
              server.clientPort(),
              codec.codecName()));
      DemoDigests sent = send(demo, times, DemoRun.Onlooker.NONE);
      say("Reading it back");
      DemoDigests read = demo.read(sent.records());
      return demo.compare(sent, read);
    }
  }

  static DemoDigests send(DemoRun demo, int times, DemoRun.Onlooker onlooker) throws IOException {
    try {
      return demo.send(times, onlooker);
    } catch (CliException e) {
      throw new UnfitInput(e);
    }
  }

  private void verdict(boolean same, Path directory) {
    if (same) {
      say("\nNothing lost, nothing doubled, nothing out of order.");
    } else {
      say("\nWhat was read is NOT what was sent: please report this, with the data.");
    }
    say("The data lies in " + directory + "/" + DemoRun.TOPIC + "-*");
    if (!keep) {
      say(
          "  look at it:   "
              + context.command()
              + " log dump "
              + directory
              + "/"
              + DemoRun.TOPIC
              + "-0 --max 3\n  check it:     "
              + context.command()
              + " log verify "
              + directory
              + "\n  delete it:    rm -r "
              + directory
              + "\nNext:           "
              + context.command()
              + " demo --keep, or "
              + context.command()
              + " --help");
    }
  }

  private void stay(MillraceServer server, Path directory) {
    say("");
    context.out().print(NextSteps.endpoints(server, directory));
    context.out().print(NextSteps.commands(context, List.of("127.0.0.1:" + server.clientPort())));
    say(
        "  "
            + context.command()
            + " consume "
            + DemoRun.TOPIC
            + " --max 3 --format '%p %o %v\\n'\n\nCtrl-C ends it.");
    staying = true;
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs in the shutdown hook: an orderly end, and no litter unless it was asked for. */
  private void interrupted(MillraceServer server, Path directory) {
    server.close();
    if (staying) {
      say("\nstopped; the data lies in " + directory);
    } else {
      delete(directory);
      say("\ninterrupted; " + directory + " is deleted");
    }
    // Not to let the demo go on and complain of the node that is gone.
    Runtime.getRuntime().halt(staying ? 0 : CliContext.INTERRUPTED);
  }

  static void delete(Path directory) {
    try (Stream<Path> paths = Files.walk(directory)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void say(String line) {
    context.out().println(line);
    context.out().flush();
  }

  /** What was to be sent is nothing to show anything with. */
  static final class UnfitInput extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final CliException why;

    UnfitInput(CliException why) {
      super(why);
      this.why = why;
    }

    CliException why() {
      return why;
    }
  }
}
