package io.millrace.it.soak;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.Acks;
import io.millrace.common.record.Compression;
import io.millrace.common.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends records of one size at a steady rate, through producers that live for some seconds each and
 * take turns in acks and codecs.
 */
final class BulkProducer implements SoakWorker {
  private static final List<Acks> ACKS = List.of(Acks.ALL, Acks.LEADER, Acks.NONE);
  private static final List<Compression> CODECS =
      List.of(Compression.NONE, Compression.LZ4, Compression.ZSTD);
  private static final int VALUES = 4_000;

  private final Clock clock;
  private final MillraceClient client;
  private final String topic;
  private final int recordBytes;
  private final double recordsPerSecond;
  private final Duration life;
  private final ProducerRecord[] records;
  private final AtomicLong sentBytes;
  private int turn;

  BulkProducer(
      Clock clock,
      MillraceClient client,
      String topic,
      int recordBytes,
      double bytesPerSecond,
      Duration life,
      AtomicLong sentBytes) {
    this.clock = clock;
    this.client = client;
    this.topic = topic;
    this.recordBytes = recordBytes;
    this.recordsPerSecond = bytesPerSecond / recordBytes;
    this.life = life;
    this.records = records(topic, recordBytes);
    this.sentBytes = sentBytes;
    this.turn = topic.hashCode() & 0xff;
  }

  /** Values that a codec makes about half as long. */
  private static ProducerRecord[] records(String topic, int bytes) {
    SplittableRandom random = new SplittableRandom(bytes);
    ProducerRecord[] records = new ProducerRecord[VALUES];
    for (int i = 0; i < VALUES; i++) {
      byte[] value = new byte[bytes];
      for (int b = 0; b < bytes; b++) {
        value[b] = (byte) ('a' + random.nextInt(16));
      }
      records[i] = ProducerRecord.of(topic, value);
    }
    return records;
  }

  @Override
  public void run(SoakStop stop) {
    Pulse pulse = new Pulse(clock, recordsPerSecond);
    while (!stop.isSet()) {
      live(pulse, stop);
    }
  }

  private void live(Pulse pulse, SoakStop stop) {
    long endMs = clock.monotonicMs() + life.toMillis();
    ProducerConfig config =
        ProducerConfig.builder()
            .acks(ACKS.get(turn % ACKS.size()))
            .compression(CODECS.get(turn / ACKS.size() % CODECS.size()))
            .build();
    turn++;
    int at = 0;
    try (Producer producer = client.producer(config)) {
      while (!stop.isSet() && clock.monotonicMs() < endMs) {
        for (int due = pulse.next(stop); due > 0; due--) {
          ProducerRecord record = records[at++ % VALUES];
          producer.send(
              record,
              (where, error) -> {
                if (error == null) {
                  sentBytes.addAndGet(recordBytes);
                } else {
                  stop.fail(topic + ": a record failed: " + error);
                }
              });
        }
      }
      producer.flush();
    }
  }
}
