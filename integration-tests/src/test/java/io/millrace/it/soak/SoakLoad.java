package io.millrace.it.soak;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import io.millrace.common.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The mixed load: topics of 100 B and 1,000 B records whose producers take turns in acks and
 * codecs; readers along, from the beginning and by time; a topic that is checked record by record;
 * and topics that come and go. About 22 MB/s of values in all. Confined to one thread.
 */
final class SoakLoad implements AutoCloseable {
  private static final int PARTITIONS = 3;
  private static final double MB = 1 << 20;
  private static final int KEPT_SECONDS = 6;
  private static final int SEGMENTS = 4;
  private static final Duration WRITER_LIFE = Duration.ofSeconds(7);
  private static final Duration READER_LIFE = Duration.ofSeconds(6);
  private static final Duration LOOK_BACK_LIFE = Duration.ofSeconds(2);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final long SEED = 7;
  private static final Duration STEADY_TIMEOUT = Duration.ofMinutes(3);
  private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(60);

  /**
   * A topic with records of one size at one rate.
   *
   * @param mbPerSecond of values
   */
  private record Bulk(String topic, int recordBytes, double mbPerSecond) {
    /** Full after some seconds, so that the disk and the descriptors are steady soon. */
    Map<String, String> bounds() {
      long kept = (long) (mbPerSecond * MB * KEPT_SECONDS / PARTITIONS);
      return Map.of(
          "retention.bytes", Long.toString(kept), "segment.bytes", Long.toString(kept / SEGMENTS));
    }
  }

  private static final List<Bulk> BULKS =
      List.of(
          new Bulk("bulk-a", 1_000, 8),
          new Bulk("bulk-b", 1_000, 8),
          new Bulk("bulk-c", 100, 3),
          new Bulk("bulk-d", 100, 3));

  private final Clock clock;
  private final SoakStop stop;
  private final ClientConfig config;
  private final MillraceClient client;
  private final CheckedTopic checked;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong sentBytes = new AtomicLong();
  private final AtomicLong readRecords = new AtomicLong();
  private final AtomicLong topics = new AtomicLong();

  SoakLoad(String bootstrap, Clock clock, SoakStop stop) {
    this.clock = clock;
    this.stop = stop;
    this.config = ClientConfig.of(bootstrap);
    this.client = MillraceClient.connect(config);
    this.checked = new CheckedTopic(clock, client);
  }

  /** The settings of a broker that is to stay small. */
  static Map<String, String> brokerSettings() {
    return Map.of("log.retention.check.interval.ms", "2s", "log.segment.delete.delay.ms", "3s");
  }

  void start() {
    client
        .admin()
        .createTopic(new NewTopic(CheckedTopic.NAME, CheckedTopic.PARTITIONS, 0, Map.of()));
    for (Bulk bulk : BULKS) {
      client.admin().createTopic(new NewTopic(bulk.topic(), PARTITIONS, 0, bulk.bounds()));
    }
    begin("checked-writer", checked::write);
    begin("checked-reader", checked::readAlong);
    for (Bulk bulk : BULKS) {
      begin("writer-" + bulk.topic(), writer(bulk));
      begin("reader-" + bulk.topic(), readerAlong(bulk.topic()));
    }
    begin("look-back", lookBack());
    begin("churn", new TopicChurn(config, topics));
  }

  private SoakWorker writer(Bulk bulk) {
    return new BulkProducer(
        clock,
        client,
        bulk.topic(),
        bulk.recordBytes(),
        bulk.mbPerSecond() * MB,
        WRITER_LIFE,
        sentBytes);
  }

  private SoakWorker readerAlong(String topic) {
    TailReader.Visit visit =
        new TailReader.Visit(topic, OffsetSpec.latest(), READER_LIFE, Duration.ZERO);
    return new TailReader(clock, client, PARTITIONS, () -> visit, readRecords);
  }

  /** Now from the beginning, now from some seconds ago, of this topic and that. */
  private SoakWorker lookBack() {
    SplittableRandom random = new SplittableRandom(SEED);
    return new TailReader(
        clock,
        client,
        PARTITIONS,
        () -> {
          String topic = BULKS.get(random.nextInt(BULKS.size())).topic();
          OffsetSpec from =
              random.nextBoolean()
                  ? OffsetSpec.earliest()
                  : OffsetSpec.time(clock.wallMs() - random.nextInt(5_000));
          return new TailReader.Visit(topic, from, LOOK_BACK_LIFE, PAUSE);
        },
        readRecords);
  }

  private void begin(String name, SoakWorker worker) {
    Thread thread =
        new Thread(
            () -> {
              try {
                worker.run(stop);
              } catch (Exception | Error e) {
                stop.fail(name + ": " + e);
              }
            },
            "soak-" + name);
    threads.add(thread);
    thread.start();
  }

  /**
   * Waits until retention deletes in every bounded partition, so that as many files are made as are
   * deleted from then on.
   */
  void awaitSteady() {
    Map<TopicPartition, OffsetSpec> starts = new HashMap<>();
    for (Bulk bulk : BULKS) {
      for (int i = 0; i < PARTITIONS; i++) {
        starts.put(new TopicPartition(bulk.topic(), i), OffsetSpec.earliest());
      }
    }
    long endMs = clock.monotonicMs() + STEADY_TIMEOUT.toMillis();
    while (client.admin().offsets(starts).values().stream().anyMatch(start -> start == 0)) {
      if (clock.monotonicMs() >= endMs) {
        stop.fail("retention has not deleted anything in some partition for " + STEADY_TIMEOUT);
      }
      if (stop.await(PAUSE)) {
        return;
      }
    }
  }

  /** Values that the bounded topics have taken so far. */
  double acknowledgedMb() {
    return sentBytes.get() / MB;
  }

  /** How many a second there should be. */
  double wantedMbPerSecond() {
    return BULKS.stream().mapToDouble(Bulk::mbPerSecond).sum();
  }

  /** Waits for the workers, and checks what was acknowledged. */
  void finish() throws InterruptedException {
    stop.set();
    for (Thread thread : threads) {
      thread.join(JOIN_TIMEOUT.toMillis());
      if (thread.isAlive()) {
        stop.fail(thread.getName() + " does not end");
      }
    }
    if (stop.failure().isEmpty()) {
      checked.readAgain(stop);
    }
  }

  /** What was done so far. */
  Map<String, Long> done() {
    Map<String, Long> done = new LinkedHashMap<>();
    done.put("MB acknowledged", (long) (sentBytes.get() / MB));
    done.put("records read", readRecords.get());
    done.put("topics created and deleted", topics.get());
    done.put("checked records acknowledged", checked.acknowledged());
    return done;
  }

  @Override
  public void close() {
    client.close();
  }
}
