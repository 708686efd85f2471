package io.millrace.cli.perf;

import io.millrace.cli.AcksConverter;
import io.millrace.cli.CodecConverter;
import io.millrace.cli.Durations;
import io.millrace.client.api.ProducerConfig;
import io.millrace.common.Acks;
import io.millrace.common.record.Compression;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How the producer that is measured sends; what is not given is as an application has it. */
final class ProducerOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = {"-a", "--acks"},
      paramLabel = "0|1|all",
      converter = AcksConverter.class,
      description =
          "When a record counts as acknowledged; with 0, when it is handed to the network."
              + " Default: all.")
  private Acks acks = Acks.ALL;

  @Option(
      names = {"-c", "--codec"},
      paramLabel = "CODEC",
      converter = CodecConverter.class,
      description = "none, gzip, snappy, lz4 or zstd. Default: none.")
  private Compression codec = Compression.NONE;

  @Option(
      names = "--batch-bytes",
      paramLabel = "N",
      converter = Amounts.Bytes.class,
      description = "When a batch is full, before compression. Default: 131072.")
  private Optional<Integer> batchBytes = Optional.empty();

  @Option(
      names = "--linger-ms",
      paramLabel = "N",
      converter = Amounts.LingerMs.class,
      description = "How long a batch that is not full waits. Default: 5.")
  private Optional<Integer> lingerMs = Optional.empty();

  @Option(
      names = "--buffer-bytes",
      paramLabel = "N",
      converter = Amounts.MemoryBytes.class,
      description = "The most bytes that wait or are under way. Default: 33554432.")
  private Optional<Long> bufferBytes = Optional.empty();

  @Option(
      names = "--no-idempotence",
      description = "Send without sequence numbers; always so with acks 0.")
  private boolean noIdempotence;

  @Option(
      names = "--delivery-timeout",
      paramLabel = "TIME",
      converter = Durations.MoreThanZero.class,
      description = "How long a record is tried before it counts as failed. Default: 2m.")
  private Duration deliveryTimeout = Duration.ofMinutes(2);

  Acks acks() {
    return acks;
  }

  ProducerConfig config() {
    ProducerConfig.Builder builder =
        ProducerConfig.builder()
            .acks(acks)
            .compression(codec)
            .deliveryTimeout(deliveryTimeout)
            .maxBlock(deliveryTimeout);
    batchBytes.ifPresent(builder::batchBytes);
    lingerMs.ifPresent(ms -> builder.linger(Duration.ofMillis(ms)));
    bufferBytes.ifPresent(builder::bufferBytes);
    if (noIdempotence) {
      builder.idempotent(false);
    }
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage());
    }
  }
}
