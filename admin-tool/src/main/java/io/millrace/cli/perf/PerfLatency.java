package io.millrace.cli.perf;

import io.millrace.cli.CliContext;
import io.millrace.cli.ConnectionOptions;
import io.millrace.cli.Durations;
import io.millrace.cli.ErrorReports;
import io.millrace.cli.OutputOptions;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.common.TopicPartition;
import io.millrace.common.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace perf latency}. */
@Command(
    name = "latency",
    description = {
      "Measures the time from send to acknowledgement and from send to receipt.",
      "Sends and receives in one process, from the topic's end on. Each record waits until the one"
          + " before it is received or, with --throughput, until it is due; latencies count from"
          + " then."
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} perf latency orders --records 1000 --linger-ms 0",
      "  ${ROOT-COMMAND-NAME} perf latency orders -n 300000 --throughput 5000 -o json",
    })
final class PerfLatency implements Callable<Integer> {
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
      description = "How long a value is: a stamp of 16 bytes, then random ones. Default: 100.")
  private int recordBytes = 100;

  @Option(
      names = {"-r", "--throughput"},
      paramLabel = "N",
      converter = Amounts.Rate.class,
      description = "Records a second. Default: one record at a time.")
  private Optional<Integer> throughput = Optional.empty();

  @Option(
      names = "--warmup-records",
      paramLabel = "N",
      converter = Amounts.MaybeRecords.class,
      description = "Send so many before, which are not measured. Default: 0.")
  private long warmUpRecords;

  @Option(
      names = "--idle-timeout",
      paramLabel = "TIME",
      converter = Durations.MoreThanZero.class,
      description =
          "If records are missing and none comes for so long, end with exit code 1. Default: 10s.")
  private Duration idleTimeout = Duration.ofSeconds(10);

  @Mixin private ProducerOptions options = new ProducerOptions();

  PerfLatency(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    if (recordBytes < Stamps.BYTES) {
      throw new ParameterException(
          command.commandLine(),
          "--record-size: " + recordBytes + " (expected: " + Stamps.BYTES + " or more)");
    }
    ProducerConfig config = options.config();
    UUID id = UUID.randomUUID();
    Receipts warmUp = new Receipts(id.getMostSignificantBits(), context.clock());
    Receipts measured = new Receipts(id.getLeastSignificantBits(), context.clock());
    try (MillraceClient client = connection.connect(context);
        Consumer consumer = client.consumer(ConsumerConfig.defaults());
        Producer producer = client.producer(config)) {
      assignFromEnd(client, consumer);
      LoadSender sender = new LoadSender(producer, context.clock());
      try (Receiver receiver =
              new Receiver(consumer, context.clock(), List.of(warmUp, measured)).start();
          Interruption interruption =
              new Interruption(
                  context,
                  () -> {
                    sender.stop();
                    producer.close(INTERRUPT_GRACE);
                  })) {
        Run run = run("warming up,", warmUpRecords, sender, warmUp);
        if (run.isWhole(warmUpRecords)) {
          run = run("sent", records, sender, measured);
        }
        producer.close();
        receiver.close();
        print(run, producer.lateFailures());
        boolean failed = LoadReport.failures(context, run.answers(), producer.lateFailures());
        boolean ended = interruption.asked() || isMissing(run);
        return failed || ended ? ErrorReports.FAILURE : 0;
      }
    }
  }

  private void assignFromEnd(MillraceClient client, Consumer consumer) {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    int partitions = LoadReport.topic(context, client.admin(), topic).partitions().size();
    for (int i = 0; i < partitions; i++) {
      ends.put(new TopicPartition(topic, i), OffsetSpec.latest());
    }
    client
        .admin()
        .offsets(ends)
        .forEach((partition, offset) -> consumer.assign(partition, OffsetSpec.offset(offset)));
  }

  /**
   * A part of the command.
   *
   * @param nanos how long it took to the last acknowledgement
   */
  private record Run(Acknowledgements answers, Receipts receipts, long nanos) {
    boolean isWhole(long wanted) {
      return answers.failed() == 0 && receipts.count() >= wanted;
    }

    long missing() {
      return Math.max(0, answers.acknowledged().records() - receipts.count());
    }
  }

  private Run run(String verb, long count, LoadSender sender, Receipts receipts) {
    Acknowledgements answers = new Acknowledgements(context.clock());
    if (count == 0) {
      return new Run(answers, receipts, 0);
    }
    Stamps stamps = new Stamps(topic, receipts.runId(), Payloads.random(recordBytes));
    try (Progress progress = new Progress(context, verb, answers.acknowledged(), count).start()) {
      long nanos = sender.send(count, pace(sender, receipts), stamps, answers);
      receipts.await(answers.acknowledged().records(), idleTimeout.toNanos(), sender::isStopped);
      return new Run(answers, receipts, nanos);
    }
  }

  private Pace pace(LoadSender sender, Receipts receipts) {
    Clock clock = context.clock();
    return throughput
        .<Pace>map(rate -> new FixedPace(clock, rate, sender::isStopped))
        .orElseGet(
            () ->
                number -> {
                  if (!receipts.await(number, idleTimeout.toNanos(), sender::isStopped)) {
                    sender.stop();
                  }
                  return clock.monotonicNanos();
                });
  }

  private void print(Run run, long lateFailures) {
    Measured measured = Measured.of(run.answers().acknowledged(), run.nanos());
    Latencies acknowledged = run.answers().latencies();
    Latencies received = run.receipts().latencies();
    output.print(
        context,
        () -> data(run, measured, lateFailures),
        () ->
            String.format(
                    Locale.ROOT,
                    "%,d records sent to %s %s%n%n",
                    measured.records(),
                    topic,
                    measured.text())
                + Latencies.table(table(acknowledged, received)));
  }

  private static Map<String, Object> data(Run run, Measured measured, long lateFailures) {
    Map<String, Object> data = measured.data();
    data.put("received", run.receipts().count());
    data.put("failed", run.answers().failed() + lateFailures);
    data.put("ack_ms", run.answers().latencies().data());
    data.put("end_to_end_ms", run.receipts().latencies().data());
    return data;
  }

  private static Map<String, Latencies> table(Latencies acknowledged, Latencies received) {
    Map<String, Latencies> table = new LinkedHashMap<>();
    table.put("acknowledgement", acknowledged);
    table.put("receipt", received);
    return table;
  }

  /** Tells of records that did not come back; returns whether there are any. */
  private boolean isMissing(Run run) {
    run.receipts().failure().ifPresent(new ErrorReports(context)::failure);
    if (run.missing() > 0) {
      context
          .err()
          .printf(
              Locale.ROOT,
              "millrace: %,d of the acknowledged records were not received, and none came for %s"
                  + " (--idle-timeout)%n",
              run.missing(),
              Durations.text(idleTimeout));
    }
    return run.missing() > 0;
  }
}
