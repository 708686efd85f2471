package io.millrace.bench.transfer;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.CreateTopicResponse;
import io.millrace.proto.v1.DeleteTopicRequest;
import io.millrace.proto.v1.TopicServiceGrpc;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Uploads and downloads the same bytes through a broker and through a bare gRPC server in turns (A
 * B A B), each in a JVM of its own with the same flags, and prints medians and the median of the
 * ratios of neighbouring runs.
 *
 * <p>The client is the same for both and as thin as can be: one produce or fetch stream, generated
 * messages, batches made beforehand (1,000-byte records), acks=1, six partitions, page cache.
 * Arguments: bytes a run, runs, bytes a batch.
 *
 * <pre>
 * ./mvnw -q -Pbench -pl benchmarks -am process-classes \
 *   -Dbench.main=io.millrace.bench.transfer.TransferComparison -Dbench="2000000000 5 131072"
 * </pre>
 */
public final class TransferComparison {
  private static final int PARTITIONS = 6;
  private static final int MAX_IN_FLIGHT_BYTES = 16 << 20;
  private static final int MAX_MESSAGE_BYTES = 64 << 20;
  private static final int FLOW_CONTROL_WINDOW_BYTES = 4 << 20;
  private static final int RECORD_BYTES = 1_000;

  /** Runs of each side that do not count: the first gigabytes are spent on compiling. */
  private static final int WARM_UP_RUNS = 3;

  private static final ByteString NO_TOPIC = ByteString.copyFrom(new byte[16]);

  private final long bytes;
  private final ByteString batch;
  private final ServerProcess bare;
  private final ManagedChannel bareChannel;
  private final ServerProcess broker;
  private final ManagedChannel brokerChannel;

  private TransferComparison(long bytes, ByteString batch, Path directory) throws IOException {
    this.bytes = bytes;
    this.batch = batch;
    bare =
        ServerProcess.start(
            List.of(),
            BareServer.class.getName(),
            List.of(Integer.toString(downloadMessageBytes(batch))),
            directory.resolve("bare.log").toFile());
    bareChannel = channel(Integer.parseInt(bare.awaitLine("port ")));
    File log = directory.resolve("broker.log").toFile();
    broker =
        ServerProcess.start(
            List.of(),
            BrokerMain.class.getName(),
            List.of(directory.resolve("data").toString()),
            log);
    brokerChannel = channel(Integer.parseInt(broker.awaitLine("port ")));
  }

  public static void main(String[] arguments) throws IOException {
    long bytes = arguments.length > 0 ? Long.parseLong(arguments[0]) : 2_000_000_000L;
    int runs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
    int batchBytes = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 131_072;
    Path directory = Files.createTempDirectory("millrace-transfer");
    ByteString batch = batch(batchBytes);
    System.out.printf(
        "%,d bytes a run, batches of %,d bytes, %d partitions, acks=1, JVM %s, both servers %s%n",
        bytes,
        batch.size(),
        PARTITIONS,
        System.getProperty("java.version"),
        String.join(" ", ServerProcess.JVM_FLAGS));
    TransferComparison comparison = new TransferComparison(bytes, batch, directory);
    try {
      comparison.compare("upload", runs, comparison::uploadToBare, comparison::uploadToBroker);
      comparison.compare(
          "download", runs, comparison::downloadFromBare, comparison::downloadFromBroker);
    } finally {
      comparison.close();
    }
    delete(directory);
  }

  /** The data of a run is as large as what was sent; after a failure it stays, to be looked at. */
  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** A batch of about that size, of records with random bytes. */
  private static ByteString batch(int targetBytes) {
    Random random = new Random(1);
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
    byte[] value = new byte[RECORD_BYTES];
    while (builder.estimatedBytes() + RECORD_BYTES + 32 < targetBytes) {
      random.nextBytes(value);
      builder.append(1_700_000_000_000L, null, ByteBuffer.wrap(value), List.of());
    }
    return UnsafeByteOperations.unsafeWrap(builder.build());
  }

  private static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port)
        .usePlaintext()
        .directExecutor()
        .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .build();
  }

  private void compare(
      String what, int runs, Supplier<Figures> bareRun, Supplier<Figures> brokerRun) {
    List<Figures> bareFigures = new ArrayList<>();
    List<Figures> brokerFigures = new ArrayList<>();
    for (int run = 0; run < WARM_UP_RUNS + runs; run++) {
      bareFigures.add(bareRun.get());
      brokerFigures.add(brokerRun.get());
    }
    bareFigures.subList(0, WARM_UP_RUNS).clear();
    brokerFigures.subList(0, WARM_UP_RUNS).clear();
    double[] ratios = new double[runs];
    for (int run = 0; run < runs; run++) {
      ratios[run] =
          brokerFigures.get(run).megabytesPerSecond() / bareFigures.get(run).megabytesPerSecond();
    }
    System.out.printf("%s, bare gRPC: %s%n", what, Figures.median(bareFigures).row());
    System.out.printf("%s, broker:    %s%n", what, Figures.median(brokerFigures).row());
    System.out.printf("%s, ratio broker / bare gRPC: %.2f%n", what, Figures.median(ratios));
  }

  private Figures uploadToBare() {
    return measure(bare, () -> upload(bareChannel, NO_TOPIC));
  }

  private Figures uploadToBroker() {
    ByteString topic = createTopic("upload");
    Figures figures = measure(broker, () -> upload(brokerChannel, topic));
    deleteTopic("upload");
    return figures;
  }

  private Figures downloadFromBare() {
    return measure(
        bare,
        () ->
            Downloader.run(bareChannel, NO_TOPIC, PARTITIONS, bytes, downloadMessageBytes(batch)));
  }

  private Figures downloadFromBroker() {
    ByteString topic = createTopic("download");
    upload(brokerChannel, topic);
    long wanted = frames() * batch.size();
    Figures figures =
        measure(
            broker,
            () ->
                Downloader.run(
                    brokerChannel, topic, PARTITIONS, wanted, downloadMessageBytes(batch)));
    deleteTopic("download");
    return figures;
  }

  private void upload(ManagedChannel channel, ByteString topic) {
    Uploader.run(
        channel,
        topic,
        PARTITIONS,
        batch,
        frames(),
        Math.max(4, MAX_IN_FLIGHT_BYTES / batch.size()));
  }

  /** Whole batches, just below a megabyte: what both servers put into one message of a download. */
  private static int downloadMessageBytes(ByteString batch) {
    return Math.max(1, ((1 << 20) - 4_096) / batch.size()) * batch.size();
  }

  private long frames() {
    return bytes / batch.size();
  }

  private Figures measure(ServerProcess server, Runnable run) {
    Duration serverBefore = server.cpu();
    Duration clientBefore = ProcessHandle.current().info().totalCpuDuration().orElseThrow();
    long start = System.nanoTime();
    run.run();
    double seconds = (System.nanoTime() - start) / 1e9;
    double gigabytes = bytes / 1e9;
    Duration clientCpu =
        ProcessHandle.current().info().totalCpuDuration().orElseThrow().minus(clientBefore);
    return new Figures(
        bytes / seconds / (1 << 20),
        server.cpu().minus(serverBefore).toMillis() / 1e3 / gigabytes,
        clientCpu.toMillis() / 1e3 / gigabytes);
  }

  private ByteString createTopic(String name) {
    CreateTopicResponse created =
        TopicServiceGrpc.newBlockingStub(brokerChannel)
            .createTopic(
                CreateTopicRequest.newBuilder()
                    .setName(name)
                    .setPartitions(PARTITIONS)
                    .setReplicationFactor(1)
                    .build());
    return created.getTopic().getTopicId();
  }

  private void deleteTopic(String name) {
    TopicServiceGrpc.newBlockingStub(brokerChannel)
        .deleteTopic(DeleteTopicRequest.newBuilder().setName(name).build());
  }

  private void close() throws IOException {
    bareChannel.shutdownNow();
    brokerChannel.shutdownNow();
    bare.close();
    broker.close();
  }
}
