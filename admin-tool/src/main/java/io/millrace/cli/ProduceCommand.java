package io.millrace.cli;

import io.millrace.cli.record.BadRecordException;
import io.millrace.cli.record.RecordParser;
import io.millrace.client.api.Admin;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Partitioner;
import io.millrace.client.api.Partitioners;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.record.Compression;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace produce}. */
@Command(
    name = "produce",
    description = {
      "Sends records, one a line, from standard input or a file.",
      "Fails with exit code 1, and tells how many were acknowledged, if one is refused or a line is"
          + " no record."
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} produce orders --file orders.txt --codec zstd",
      "  tail -F app.log | ${ROOT-COMMAND-NAME} produce logs --acks 1",
      "  printf 'k1\\tv1\\n' | ${ROOT-COMMAND-NAME} produce orders --key-separator '\\t'",
      "  echo 00ff | ${ROOT-COMMAND-NAME} produce orders -i hex --key k1 --header source=test",
      "  ${ROOT-COMMAND-NAME} consume a -o json | ${ROOT-COMMAND-NAME} produce b -i json",
    })
final class ProduceCommand implements Callable<Integer> {
  private static final Path STANDARD_INPUT = Path.of("standard input");
  private static final Duration INTERRUPT_GRACE = Duration.ofSeconds(5);

  private final CliContext context;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Parameters(paramLabel = "TOPIC", description = "The topic.")
  private String topic = "";

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Read this file instead of standard input.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = {"-a", "--acks"},
      paramLabel = "0|1|all",
      converter = AcksConverter.class,
      completionCandidates = AcksConverter.Candidates.class,
      description = "When a record counts as acknowledged. Default: all.")
  private Acks acks = Acks.ALL;

  @Option(
      names = {"-c", "--codec"},
      paramLabel = "CODEC",
      converter = CodecConverter.class,
      completionCandidates = CodecConverter.Candidates.class,
      description = "none, gzip, snappy, lz4 or zstd. Default: none.")
  private Compression codec = Compression.NONE;

  @Mixin private RecordInputOptions records = new RecordInputOptions();

  @Option(
      names = "--partitioner",
      paramLabel = "NAME",
      converter = PartitionerConverter.class,
      completionCandidates = PartitionerConverter.Candidates.class,
      description =
          "Who chooses the partition of a record without one: ${COMPLETION-CANDIDATES}. Default:"
              + " key-hash.")
  private Supplier<Partitioner> partitioner = Partitioners::keyHash;

  @Option(
      names = "--delivery-timeout",
      paramLabel = "TIME",
      converter = Durations.MoreThanZero.class,
      description = "How long a record is tried before it counts as failed. Default: 2m.")
  private Duration deliveryTimeout = Duration.ofMinutes(2);

  ProduceCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    RecordParser parser = records.parser(topic);
    SendProgress progress = new SendProgress();
    ProduceReport report = new ProduceReport(context, this, progress);
    try (InputStream input = file.map(InputFile::open).orElseGet(context::in);
        MillraceClient client = connection.connect(context);
        Producer producer = client.producer(config())) {
      checkTopic(client.admin());
      Optional<CliException> unread;
      try (CliContext.OnInterrupt hook = context.onInterrupt(() -> interrupted(producer, report))) {
        unread = sendAll(producer, parser, input, progress);
        producer.flush();
        producer.close();
      }
      boolean ok = report.print(output, producer.lateFailures(), unread);
      return ok ? 0 : ErrorReports.FAILURE;
    }
  }

  String topic() {
    return topic;
  }

  Acks acks() {
    return acks;
  }

  Optional<Path> file() {
    return file;
  }

  Duration deliveryTimeout() {
    return deliveryTimeout;
  }

  private ProducerConfig config() {
    return ProducerConfig.builder()
        .acks(acks)
        .compression(codec)
        .partitioner(partitioner)
        .deliveryTimeout(deliveryTimeout)
        .maxBlock(deliveryTimeout)
        .build();
  }

  /** Before anything is read: a mistyped topic should not cost the input. */
  private void checkTopic(Admin admin) {
    try {
      admin.describeTopic(topic);
    } catch (MillraceException e) {
      throw e.code() == ErrorCode.UNKNOWN_TOPIC
          ? ErrorReports.unknownTopicToFill(context, topic, admin::listTopics)
          : e;
    }
  }

  /** Sends line by line up to the end or a failure; tells why the input was not read on. */
  private Optional<CliException> sendAll(
      Producer producer, RecordParser parser, InputStream input, SendProgress progress) {
    LineReader lines = new LineReader(input);
    long number = 0;
    try {
      for (Optional<byte[]> line = lines.next();
          line.isPresent() && progress.failed() == 0;
          line = lines.next()) {
        number++;
        Optional<ProducerRecord> record = parser.parse(line.get());
        if (record.isPresent()) {
          progress.sent(number, producer.send(record.get()), bytes(record.get()));
        }
      }
      return Optional.empty();
    } catch (BadRecordException e) {
      return Optional.of(
          new CliException(
              "line " + number + ": " + e.getMessage(), ProduceReport.goOn(context, this, number)));
    } catch (IOException e) {
      String why = InputFile.unreadable(file.orElse(STANDARD_INPUT), e).getMessage();
      return Optional.of(new CliException("after line " + number + ": " + why));
    }
  }

  private static int bytes(ProducerRecord record) {
    byte[] key = record.key();
    byte[] value = record.value();
    return (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
  }

  private void interrupted(Producer producer, ProduceReport report) {
    producer.close(INTERRUPT_GRACE);
    report.interrupted();
    Runtime.getRuntime().halt(CliContext.INTERRUPTED);
  }
}
