package io.millrace.cli.perf;

import io.millrace.cli.CliContext;
import io.millrace.cli.ConnectionOptions;
import io.millrace.cli.Durations;
import io.millrace.cli.ErrorReports;
import io.millrace.cli.OutputOptions;
import io.millrace.client.api.Admin;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
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

/** {@code millrace perf consume}. */
@Command(
    name = "consume",
    description = {
      "Measures how fast records are read: all partitions of a topic, from their beginning.",
      "Time counts from when the partitions are asked for to the last record."
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} perf consume orders --records 5000000",
      "  ${ROOT-COMMAND-NAME} perf consume orders --records 5000000 -o json",
    })
final class PerfConsume implements Callable<Integer> {
  private static final Duration POLL_MAX = Duration.ofMillis(200);

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
      description = "How many records are read.")
  private long records;

  @Option(
      names = "--idle-timeout",
      paramLabel = "TIME",
      converter = Durations.MoreThanZero.class,
      description =
          "If no record comes for so long, end with what there was and exit code 1. Default: 10s.")
  private Duration idleTimeout = Duration.ofSeconds(10);

  @Option(
      names = "--credit-bytes",
      paramLabel = "N",
      converter = Amounts.Bytes.class,
      description = "How much a broker may send ahead. Default: 16777216.")
  private Optional<Integer> creditBytes = Optional.empty();

  @Option(
      names = "--fetch-bytes",
      paramLabel = "N",
      converter = Amounts.Bytes.class,
      description = "The most bytes of records in one message. Default: 524288.")
  private Optional<Integer> fetchBytes = Optional.empty();

  @Option(names = "--group", paramLabel = "G", hidden = true)
  private Optional<String> group = Optional.empty();

  private final Tally read = new Tally();
  private volatile boolean stopped;
  private long startNanos;
  private long firstNanos;
  private long lastNanos;

  PerfConsume(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    if (group.isPresent()) {
      throw new ParameterException(
          command.commandLine(),
          "--group: there are no consumer groups yet; without it, every partition is read");
    }
    try (MillraceClient client = connection.connect(context);
        Consumer consumer = client.consumer(config())) {
      int partitions = partitions(client.admin());
      try (Interruption interruption =
          new Interruption(
              context,
              () -> {
                stopped = true;
                consumer.wakeup();
              })) {
        Optional<MillraceException> trouble = measure(consumer, partitions);
        print();
        trouble.ifPresent(new ErrorReports(context)::failure);
        boolean complete = trouble.isEmpty() && isComplete(interruption.asked());
        return complete ? 0 : ErrorReports.FAILURE;
      }
    }
  }

  private ConsumerConfig config() {
    ConsumerConfig.Builder builder = ConsumerConfig.builder();
    creditBytes.ifPresent(builder::creditBytes);
    fetchBytes.ifPresent(builder::maxFetchBytes);
    return builder.build();
  }

  private int partitions(Admin admin) {
    try {
      return admin.describeTopic(topic).partitions().size();
    } catch (MillraceException e) {
      throw e.code() == ErrorCode.UNKNOWN_TOPIC
          ? ErrorReports.unknownTopic(context, topic, admin::listTopics)
          : e;
    }
  }

  /** Reads until there is enough or nothing more comes; returns why it could not be read on. */
  private Optional<MillraceException> measure(Consumer consumer, int partitions) {
    startNanos = context.clock().monotonicNanos();
    lastNanos = startNanos;
    for (int i = 0; i < partitions; i++) {
      consumer.assign(new TopicPartition(topic, i), OffsetSpec.earliest());
    }
    Duration poll = idleTimeout.compareTo(POLL_MAX) < 0 ? idleTimeout : POLL_MAX;
    try (Progress progress = new Progress(context, "read", read, records).start()) {
      while (read.records() < records && !stopped && !isIdle()) {
        take(consumer.poll(poll));
      }
      return Optional.empty();
    } catch (MillraceException e) {
      return Optional.of(e);
    }
  }

  private boolean isIdle() {
    return context.clock().monotonicNanos() - lastNanos >= idleTimeout.toNanos();
  }

  private void take(List<ConsumerRecord> polled) {
    int count = (int) Math.min(polled.size(), records - read.records());
    if (count == 0) {
      return;
    }
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      byte[] value = polled.get(i).value();
      bytes += value == null ? 0 : value.length;
    }
    lastNanos = context.clock().monotonicNanos();
    firstNanos = read.records() == 0 ? lastNanos : firstNanos;
    read.add(count, bytes);
  }

  private boolean isComplete(boolean interrupted) {
    if (read.records() < records && !interrupted) {
      context
          .err()
          .printf(
              Locale.ROOT,
              "millrace: %,d of %,d records read, then none for %s (--idle-timeout)%n",
              read.records(),
              records,
              Durations.text(idleTimeout));
    }
    return read.records() == records;
  }

  private void print() {
    Measured measured = Measured.of(read, lastNanos - startNanos);
    boolean any = measured.records() > 0;
    output.print(
        context,
        () -> {
          Map<String, Object> data = measured.data();
          if (any) {
            data.put("time_to_first_record_ms", Measured.ms(firstNanos - startNanos));
          }
          return data;
        },
        () ->
            String.format(
                Locale.ROOT,
                "%,d records read from %s %s%n%s",
                measured.records(),
                topic,
                measured.text(),
                any ? "first record after " + Measured.ms(firstNanos - startNanos) + " ms\n" : ""));
  }
}
