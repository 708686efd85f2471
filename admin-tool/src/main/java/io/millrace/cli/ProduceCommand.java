package io.millrace.cli;

import io.millrace.client.api.Admin;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.record.Compression;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace produce}. */
@Command(
    name = "produce",
    description = {
      "Sends records, one a line, from standard input or a file.",
      "Fails with exit code 1, and tells how many were acknowledged, if one is refused."
    },
    footer = {
      "%nExamples:",
      "  ${ROOT-COMMAND-NAME} produce orders --file orders.txt --codec zstd",
      "  tail -F app.log | ${ROOT-COMMAND-NAME} produce logs --acks 1",
      "  printf 'k1\\tv1\\n' | ${ROOT-COMMAND-NAME} produce orders --key-separator '\\t'",
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
      description = "When a record counts as acknowledged. Default: all.")
  private Acks acks = Acks.ALL;

  @Option(
      names = {"-c", "--codec"},
      paramLabel = "CODEC",
      converter = CodecConverter.class,
      description = "none, gzip, snappy, lz4 or zstd. Default: none.")
  private Compression codec = Compression.NONE;

  @Option(
      names = {"-k", "--key-separator"},
      paramLabel = "TEXT",
      description = {
        "What stands between key and value; \\t is a tab. A line without it is a value without a"
            + " key.",
        "Default: none, or given as empty: no line has a key."
      })
  private String keySeparator = "";

  @Option(
      names = {"-p", "--partition"},
      paramLabel = "N",
      converter = Numbers.NotNegative.class,
      description = "The partition. Default: by the key, or by turns without one.")
  private Optional<Integer> partition = Optional.empty();

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
    SendProgress progress = new SendProgress();
    ProduceReport report = new ProduceReport(context, this, progress);
    try (InputStream input = file.map(InputFile::open).orElseGet(context::in);
        MillraceClient client = connection.connect(context);
        Producer producer = client.producer(config())) {
      checkTopic(client.admin());
      Optional<CliException> unread;
      try (CliContext.OnInterrupt hook = context.onInterrupt(() -> interrupted(producer, report))) {
        unread = sendAll(producer, input, progress);
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

  /** Sends line by line up to the end or a failure; tells why the input could not be read on. */
  private Optional<CliException> sendAll(
      Producer producer, InputStream input, SendProgress progress) {
    LineReader lines = new LineReader(input);
    byte[] separator = Escapes.decode(keySeparator).getBytes(StandardCharsets.UTF_8);
    try {
      for (Optional<byte[]> line = lines.next();
          line.isPresent() && progress.failed() == 0;
          line = lines.next()) {
        progress.sent(producer.send(record(line.get(), separator)), line.get().length);
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(InputFile.unreadable(file.orElse(STANDARD_INPUT), e));
    }
  }

  private ProducerRecord record(byte[] line, byte[] separator) {
    int at = separator.length == 0 ? -1 : indexOf(line, separator);
    byte @Nullable [] key = at < 0 ? null : Arrays.copyOf(line, at);
    byte[] value = at < 0 ? line : Arrays.copyOfRange(line, at + separator.length, line.length);
    ProducerRecord record = ProducerRecord.of(topic, key, value);
    return partition.map(record::toPartition).orElse(record);
  }

  private static int indexOf(byte[] line, byte[] part) {
    for (int i = 0; i + part.length <= line.length; i++) {
      if (Arrays.equals(line, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    return -1;
  }

  private void interrupted(Producer producer, ProduceReport report) {
    producer.close(INTERRUPT_GRACE);
    report.interrupted();
    Runtime.getRuntime().halt(CliContext.INTERRUPTED);
  }
}
