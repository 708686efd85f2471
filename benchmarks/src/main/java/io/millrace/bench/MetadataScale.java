package io.millrace.bench;

import io.millrace.common.time.Clock;
import io.millrace.common.time.SystemClock;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerCommand.FenceBroker;
import io.millrace.metadata.controller.BrokerStart;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.controller.Controller;
import io.millrace.metadata.controller.ControllerPlan;
import io.millrace.metadata.controller.ControllerPlan.Step;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.controller.UpkeepCommand.RepairPartitions;
import io.millrace.metadata.image.CorruptSnapshotException;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.ReplicatedImage;
import io.millrace.metadata.image.SnapshotCodec;
import io.millrace.metadata.image.SnapshotCodec.Snapshot;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * What a large cluster's metadata cost: builds them through the controller's own commands, and
 * prints memory, the time to write and to load a snapshot, and what the loss of one broker takes.
 *
 * <pre>
 * ./mvnw -q -Pbench -pl benchmarks -am process-classes -Dbench.main=io.millrace.bench.MetadataScale \
 *   -Dbench="BROKERS TOPICS PARTITIONS"
 * </pre>
 */
public final class MetadataScale {
  private static final int REPLICATION_FACTOR = 3;
  private static final int TOPICS_AT_ONCE = 200;
  private static final int ROUNDS = 5;
  private static final long EPOCH = 1;

  private final ReplicatedImage image = new ReplicatedImage(MetadataImage.EMPTY);
  private final Clock clock = new SystemClock();
  private final PrintStream out;
  private final Controller controller;

  private MetadataScale(PrintStream out) {
    this.out = out;
    SplittableRandom random = new SplittableRandom(1);
    this.controller =
        new Controller(
            ControllerSettings.DEFAULTS, () -> new UUID(random.nextLong(), random.nextLong()));
  }

  public static void main(String[] args) throws CorruptSnapshotException {
    int brokers = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    int topics = args.length > 1 ? Integer.parseInt(args[1]) : 100_000;
    int partitions = args.length > 2 ? Integer.parseInt(args[2]) : 10;
    new MetadataScale(System.out).run(brokers, topics, partitions);
  }

  private void run(int brokers, int topics, int partitions) throws CorruptSnapshotException {
    long emptyBytes = usedBytes();
    long startMs = clock.monotonicMs();
    commit(controller.activation(image.image(), 1));
    for (int id = 1; id <= brokers; id++) {
      start(id);
    }
    create(topics, partitions);
    out.printf(
        "built: %,d brokers, %,d topics, %,d partitions of %d replicas in %,d ms%n",
        brokers,
        image.image().topics().byId().size(),
        image.image().topics().partitionCount(),
        REPLICATION_FACTOR,
        clock.monotonicMs() - startMs);
    out.printf("memory of the image: %,d MB%n", (usedBytes() - emptyBytes) >> 20);
    snapshots();
    for (int round = 1; round <= ROUNDS; round++) {
      failOver(round);
    }
    long repairMs = clock.monotonicMs();
    int entries = carryOut(new RepairPartitions()).entries();
    out.printf(
        "repair by a new controller: %,d ms, %d entries%n",
        clock.monotonicMs() - repairMs, entries);
  }

  private void start(int id) {
    carryOut(
        new RegisterBroker(
            id,
            new UUID(id, 1),
            new Endpoint("broker-" + id, 9650),
            Optional.empty(),
            "rack-" + id % 3,
            FeatureRange.SUPPORTED,
            BrokerStart.clean(List.of(new UUID(id, 2)))));
    long epoch = image.image().broker(id).orElseThrow().epoch();
    carryOut(BrokerHeartbeat.of(id, epoch, epoch));
  }

  private void create(int topics, int partitions) {
    for (int first = 0; first < topics; first += TOPICS_AT_ONCE) {
      List<Command> waiting = new ArrayList<>();
      for (int i = first; i < Math.min(topics, first + TOPICS_AT_ONCE); i++) {
        waiting.add(
            new CreateTopic(
                "topic-" + i, partitions, REPLICATION_FACTOR, Map.of(), RequestOptions.NONE));
      }
      while (!waiting.isEmpty()) {
        ControllerPlan plan = controller.plan(image.image(), waiting, clock.wallMs());
        commit(plan.records());
        waiting.subList(0, plan.steps().size()).clear();
      }
    }
  }

  private void snapshots() throws CorruptSnapshotException {
    for (int round = 1; round <= ROUNDS; round++) {
      List<ByteBuffer> pieces = new ArrayList<>();
      long startMs = clock.monotonicMs();
      SnapshotCodec.encode(new Snapshot("scale", image.image()), pieces::add);
      long writtenMs = clock.monotonicMs();
      long bytes = pieces.stream().mapToLong(ByteBuffer::remaining).sum();
      MetadataImage loaded = SnapshotCodec.decode(source(pieces)).image();
      long loadedMs = clock.monotonicMs();
      out.printf(
          "snapshot %d: %,d MB, written in %,d ms, loaded in %,d ms, %,d partitions%n",
          round,
          bytes >> 20,
          writtenMs - startMs,
          loadedMs - writtenMs,
          loaded.topics().partitionCount());
    }
  }

  private static SnapshotCodec.Source source(List<ByteBuffer> pieces) {
    ByteBuffer all = ByteBuffer.allocate(pieces.stream().mapToInt(ByteBuffer::remaining).sum());
    pieces.forEach(piece -> all.put(piece.duplicate()));
    all.flip();
    return count -> {
      ByteBuffer piece = all.slice();
      piece.limit(Math.min(count, piece.remaining()));
      all.position(all.position() + piece.limit());
      return piece;
    };
  }

  private void failOver(int broker) {
    long led = led(broker);
    long epoch = image.image().broker(broker).orElseThrow().epoch();
    long startNanos = clock.monotonicNanos();
    Carried carried = carryOut(new FenceBroker(broker, epoch));
    long tookMicros = (clock.monotonicNanos() - startNanos) / 1_000;
    out.printf(
        "broker %d lost: %,d leaders moved in %,d us, %d entries of %,d KB, delta of %,d partitions%n",
        broker,
        led - led(broker),
        tookMicros,
        carried.entries(),
        carried.bytes() >> 10,
        carried.partitions());
  }

  private long led(int broker) {
    long led = 0;
    for (TopicImage topic : image.image().topics().byId().values()) {
      for (PartitionImage partition : topic.partitions()) {
        led += partition.leader() == broker ? 1 : 0;
      }
    }
    return led;
  }

  /**
   * What a command came to.
   *
   * @param entries how many entries of the log
   * @param bytes their bytes
   * @param partitions the changed partitions of their deltas
   */
  private record Carried(int entries, long bytes, long partitions) {}

  private Carried carryOut(Command command) {
    int entries = 0;
    long bytes = 0;
    long partitions = 0;
    while (true) {
      ControllerPlan plan = controller.plan(image.image(), List.of(command), clock.wallMs());
      if (!plan.records().isEmpty()) {
        Committed committed = commit(plan.records());
        entries++;
        bytes += committed.bytes();
        partitions +=
            committed.delta().topics().values().stream()
                .mapToLong(topic -> topic.changedPartitions().size())
                .sum();
      }
      if (plan.steps().get(0) instanceof Step.Answer) {
        return new Carried(entries, bytes, partitions);
      }
    }
  }

  private record Committed(MetadataDelta delta, int bytes) {}

  private Committed commit(List<MetadataRecord> records) {
    MetadataEntry entry =
        MetadataEntry.newBuilder()
            .setControllerEpoch(EPOCH)
            .setExpectedRevision(image.image().revision())
            .addAllRecords(records)
            .build();
    MetadataDelta delta =
        image.apply(EPOCH, entry).orElseThrow(() -> new IllegalStateException("an entry is void"));
    return new Committed(delta, entry.getSerializedSize());
  }

  /** The live bytes of the heap. */
  private static long usedBytes() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
