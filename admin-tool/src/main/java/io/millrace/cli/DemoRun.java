package io.millrace.cli;

import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.Compression;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Sends a log through a node and reads it back, keeping a digest of either side. Confined to one
 * thread.
 */
final class DemoRun {
  static final String TOPIC = "demo";

  private static final Set<ErrorCode> TOO_LARGE =
      Set.of(ErrorCode.BATCH_TOO_LARGE, ErrorCode.REQUEST_TOO_LARGE);

  private static final Duration POLL = Duration.ofMillis(200);
  private static final long STALLED_MS = 30_000;

  private final CliContext context;
  private final MillraceClient client;
  private final DemoInput input;
  private final int partitions;
  private final Compression codec;

  DemoRun(
      CliContext context,
      MillraceClient client,
      DemoInput input,
      int partitions,
      Compression codec) {
    this.context = context;
    this.client = client;
    this.input = input;
    this.partitions = partitions;
    this.codec = codec;
  }

  /** Looks on while records are sent, on the thread that sends. */
  interface Onlooker {
    /** Nobody. */
    Onlooker NONE =
        new Onlooker() {
          @Override
          public void sent(int partition, CompletableFuture<RecordMetadata> answer) {}

          @Override
          public void sentRounds(int rounds, DemoProgress progress) {}
        };

    /** A record was handed over. */
    void sent(int partition, CompletableFuture<RecordMetadata> answer);

    /** The input was handed over so many times. */
    void sentRounds(int rounds, DemoProgress progress);
  }

  /**
   * Makes the topic.
   *
   * @param replicas of each partition; more than half are to be in sync
   */
  void createTopic(int replicas) {
    Map<String, String> configs =
        replicas == 1 ? Map.of() : Map.of("min.insync.replicas", "" + (replicas / 2 + 1));
    client.admin().createTopic(new NewTopic(TOPIC, partitions, replicas, configs));
  }

  /** Sends the input so many times, its lines to the partitions in turn. */
  DemoDigests send(int rounds, Onlooker onlooker) throws IOException {
    DemoDigests digests = new DemoDigests(partitions);
    SendProgress sends = new SendProgress();
    DemoProgress progress = new DemoProgress(context, "sent");
    ProducerConfig config = ProducerConfig.builder().compression(codec).build();
    try (Producer producer = client.producer(config)) {
      for (int round = 0; round < rounds; round++) {
        sendOnce(new Sending(producer, digests, sends, progress, onlooker));
        onlooker.sentRounds(round + 1, progress);
      }
      producer.flush();
    }
    sends.failure().ifPresent(this::rethrow);
    if (digests.records() == 0) {
      throw InputFile.empty(input.name());
    }
    progress.done(digests.records(), digests.bytes());
    return digests;
  }

  private record Sending(
      Producer producer,
      DemoDigests digests,
      SendProgress sends,
      DemoProgress progress,
      Onlooker onlooker) {}

  private void sendOnce(Sending to) throws IOException {
    SendProgress sends = to.sends();
    try (InputStream in = input.open()) {
      LineReader lines = new LineReader(in);
      for (Optional<byte[]> line = lines.next();
          line.isPresent() && sends.failed() == 0;
          line = lines.next()) {
        int partition = (int) (sends.sent() % partitions);
        byte[] value = line.get();
        to.digests().add(partition, value);
        CompletableFuture<RecordMetadata> answer =
            to.producer().send(ProducerRecord.of(TOPIC, value).toPartition(partition));
        to.onlooker().sent(partition, answer);
        sends.sent(sends.sent() + 1, answer, value.length);
        to.progress()
            .at(
                sends.sent(),
                to.digests().bytes(),
                String.format(Locale.ROOT, " (%,d acknowledged)", sends.acknowledged()));
      }
    }
  }

  /** Reads everything back. */
  DemoDigests read(long expectedRecords) {
    DemoDigests digests = new DemoDigests(partitions);
    DemoProgress progress = new DemoProgress(context, "read");
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      for (int partition = 0; partition < partitions; partition++) {
        consumer.assign(new TopicPartition(TOPIC, partition), OffsetSpec.earliest());
      }
      long lastMs = context.clock().monotonicMs();
      while (digests.records() < expectedRecords) {
        List<ConsumerRecord> records = consumer.poll(POLL);
        long now = context.clock().monotonicMs();
        records.forEach(record -> digests.add(record.partition(), orEmpty(record.value())));
        lastMs = records.isEmpty() ? lastMs : now;
        if (now - lastMs > STALLED_MS) {
          throw new CliException(
              "only " + digests.records() + " of " + expectedRecords + " records came back");
        }
        progress.at(digests.records(), digests.bytes(), "");
      }
      // One more look: a doubled record would come after the last one.
      consumer.poll(POLL).forEach(r -> digests.add(r.partition(), orEmpty(r.value())));
    }
    progress.done(digests.records(), digests.bytes());
    return digests;
  }

  /** Tells partition by partition whether what came out is what went in. */
  boolean compare(DemoDigests sent, DemoDigests read) {
    Table table = new Table("PARTITION", "SENT", "READ", "SHA-256 OF SENT", "OF READ", "");
    List<String> in = sent.results();
    List<String> out = read.results();
    for (int i = 0; i < partitions; i++) {
      String verdict = in.get(i).equals(out.get(i)) ? "same" : "DIFFERENT";
      table.row(
          i,
          sent.records(i),
          read.records(i),
          in.get(i).substring(0, 16),
          out.get(i).substring(0, 16),
          verdict);
    }
    context.out().println();
    context.out().print(table.toString().indent(2));
    return IntStream.range(0, partitions).allMatch(i -> in.get(i).equals(out.get(i)));
  }

  private void rethrow(SendProgress.Failure failure) {
    Throwable cause = failure.cause();
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof MillraceException refused && TOO_LARGE.contains(refused.code())) {
      throw new CliException(
          "line "
              + failure.line()
              + " of "
              + input.name()
              + " is larger than the demo's node takes: "
              + refused.error().message(),
          "send another file, or this one with produce to a topic of your own");
    }
    if (cause instanceof RuntimeException known) {
      throw known;
    }
    throw new CliException("a record failed: " + cause);
  }

  private static byte[] orEmpty(byte @Nullable [] value) {
    return value == null ? new byte[0] : value;
  }
}
