package io.millrace.cli.perf;

import io.millrace.cli.CliContext;
import io.millrace.cli.ConnectionOptions;
import io.millrace.cli.ErrorReports;
import io.millrace.cli.OutputOptions;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.time.Clock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace perf produce}. */
@Command(
    name = "produce",
    description = {
      "Measures how fast records are taken, and how long each waits for its acknowledgement.",
      "Latencies count from the call of send or, with --throughput, from when the record was due."
          + " Ends at the first record that fails, with exit code 1."
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} perf produce orders --records 5000000 --record-size 1000",
      "  ${ROOT-COMMAND-NAME} perf produce orders -n 300000 -s 100 --throughput 5000 -o json",
      "  ${ROOT-COMMAND-NAME} perf produce logs -n 2000000 --payload-file app.log -c zstd",
    })
final class PerfProduce implements Callable<Integer> {
  private static final Duration INTERRUPT_GRACE = Duration.ofSeconds(5);

  private final CliContext context;

  @Spec private CommandSpec command = CommandSpec.create();
  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "TOPIC", description = "The topic.")
  private String topic = "";

  @Option(
      names = {"-n", "--records"},
      required = true,
      paramLabel = "N",
      converter = Amounts.Records.class,
      description = "How many records are measured.")
  private long records;

  @Option(
      names = {"-s", "--record-size"},
      paramLabel = "BYTES",
      converter = Amounts.RecordBytes.class,
      description =
          "How long a value is: random bytes, which no codec shortens, or pieces of"
              + " --payload-file.")
  private Optional<Integer> recordBytes = Optional.empty();

  @Option(
      names = "--payload-file",
      paramLabel = "FILE",
      description =
          "Take the values from this file, by turns: its lines, or with --record-size pieces of"
              + " that length. Of a large file the first 256 MiB.")
  private Optional<Path> payloadFile = Optional.empty();

  @Option(
      names = {"-r", "--throughput"},
      paramLabel = "N",
      converter = Amounts.Rate.class,
      description = "Records a second. Default: as many as go.")
  private Optional<Integer> throughput = Optional.empty();

  @Option(
      names = "--warmup-records",
      paramLabel = "N",
      converter = Amounts.MaybeRecords.class,
      description = "Send so many before, which are not measured. Default: 0.")
  private long warmUpRecords;

  @Mixin private ProducerOptions options = new ProducerOptions();

  PerfProduce(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    ProducerConfig config = options.config();
    LoadSender.Source source = source();
    try (MillraceClient client = connection.connect(context);
        Producer producer = client.producer(config)) {
      LoadReport.topic(context, client.admin(), topic);
      LoadSender sender = new LoadSender(producer, context.clock());
      try (Interruption interruption =
          new Interruption(
              context,
              () -> {
                sender.stop();
                producer.close(INTERRUPT_GRACE);
              })) {
        Acknowledgements answers = run("warming up,", warmUpRecords, sender, source).answers();
        Run run = new Run(answers, 0);
        if (answers.failed() == 0) {
          run = run("sent", records, sender, source);
        }
        producer.close();
        print(run, producer.lateFailures());
        boolean failed = LoadReport.failures(context, run.answers(), producer.lateFailures());
        return failed || interruption.asked() ? ErrorReports.FAILURE : 0;
      }
    }
  }

  /**
   * A part of the command.
   *
   * @param nanos how long it took
   */
  private record Run(Acknowledgements answers, long nanos) {}

  private Run run(String verb, long count, LoadSender sender, LoadSender.Source source) {
    Acknowledgements answers = new Acknowledgements(context.clock());
    if (count == 0) {
      return new Run(answers, 0);
    }
    try (Progress progress = new Progress(context, verb, answers.acknowledged(), count).start()) {
      return new Run(answers, sender.send(count, pace(sender), source, answers));
    }
  }

  private Pace pace(LoadSender sender) {
    Clock clock = context.clock();
    return throughput
        .<Pace>map(rate -> new FixedPace(clock, rate, sender::isStopped))
        .orElseGet(() -> Pace.unlimited(clock));
  }

  /** The records are made once and sent again and again: nothing is made for each. */
  private LoadSender.Source source() {
    if (payloadFile.isEmpty() && recordBytes.isEmpty()) {
      throw new ParameterException(
          command.commandLine(), "what is to be sent? give --record-size or --payload-file");
    }
    List<byte[]> values =
        payloadFile
            .map(
                file ->
                    recordBytes
                        .map(bytes -> Payloads.pieces(file, bytes))
                        .orElseGet(() -> Payloads.lines(file)))
            .orElseGet(() -> Payloads.random(recordBytes.orElseThrow()));
    return new Turns(
        values.stream().map(v -> ProducerRecord.of(topic, v)).toArray(ProducerRecord[]::new));
  }

  /** Hands records out by turns. Confined to the sender's thread. */
  private static final class Turns implements LoadSender.Source {
    private final ProducerRecord[] records;
    private int next;

    Turns(ProducerRecord[] records) {
      this.records = records;
    }

    @Override
    public ProducerRecord next(long startNanos) {
      ProducerRecord record = records[next];
      next = next + 1 == records.length ? 0 : next + 1;
      return record;
    }
  }

  private void print(Run run, long lateFailures) {
    Measured measured = Measured.of(run.answers().acknowledged(), run.nanos());
    Latencies latencies = run.answers().latencies();
    output.print(
        context,
        () -> {
          Map<String, Object> data = measured.data();
          data.put("failed", run.answers().failed() + lateFailures);
          data.put("latency_ms", latencies.data());
          return data;
        },
        () ->
            String.format(
                    Locale.ROOT,
                    "%,d records sent to %s %s%n%n",
                    measured.records(),
                    topic,
                    measured.text())
                + Latencies.table(Map.of("acknowledgement", latencies)));
  }
}
