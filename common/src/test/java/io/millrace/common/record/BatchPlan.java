package io.millrace.common.record;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What a batch shall hold, drawn from a seed: our codec and Kafka's client are given the same. */
record BatchPlan(
    Compression compression,
    long producerId,
    short producerEpoch,
    int baseSequence,
    List<Entry> entries) {

  record Entry(long timestamp, byte[] key, byte[] value, List<RecordHeader> headers) {}

  private static final long SOME_DAY_MS = 1_700_000_000_000L;

  static BatchPlan random(long seed, Compression compression) {
    Random random = new Random(seed);
    boolean idempotent = random.nextBoolean();
    List<Entry> entries = new ArrayList<>();
    int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 300 : 12);
    for (int i = 0; i < count; i++) {
      entries.add(
          new Entry(timestamp(random), field(random, 100), field(random, 2_000), headers(random)));
    }
    if (random.nextInt(8) == 0) {
      byte[] big = new byte[100_000 + random.nextInt(300_000)];
      random.nextBytes(random.nextBoolean() ? big : new byte[1]);
      entries.add(new Entry(timestamp(random), null, big, List.of()));
    }
    return new BatchPlan(
        compression,
        idempotent ? 1 + random.nextLong(Long.MAX_VALUE - 1) : -1,
        (short) (idempotent ? random.nextInt(Short.MAX_VALUE + 1) : -1),
        idempotent ? random.nextInt(Integer.MAX_VALUE) : -1,
        entries);
  }

  ByteBuffer encode() {
    RecordBatchBuilder builder =
        new RecordBatchBuilder(compression).producer(producerId, producerEpoch, baseSequence);
    for (Entry entry : entries) {
      builder.append(
          entry.timestamp(), buffer(entry.key()), buffer(entry.value()), entry.headers());
    }
    return builder.build();
  }

  /** The records as a reader must return them. */
  List<Record> records(long baseOffset) {
    List<Record> records = new ArrayList<>();
    for (Entry entry : entries) {
      records.add(
          new Record(
              baseOffset + records.size(),
              entry.timestamp(),
              buffer(entry.key()),
              buffer(entry.value()),
              entry.headers()));
    }
    return records;
  }

  static ByteBuffer buffer(byte[] bytes) {
    return bytes == null ? null : ByteBuffer.wrap(bytes);
  }

  static ByteBuffer utf8(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static long timestamp(Random random) {
    return switch (random.nextInt(12)) {
      case 0 -> -1;
      case 1 -> 0;
      case 2 -> random.nextLong(Long.MAX_VALUE);
      default -> SOME_DAY_MS + random.nextInt(20_000) - 10_000;
    };
  }

  private static byte[] field(Random random, int lengthMax) {
    int kind = random.nextInt(10);
    if (kind == 0) {
      return null;
    }
    byte[] bytes = new byte[kind == 1 ? 0 : random.nextInt(lengthMax)];
    if (random.nextBoolean()) {
      random.nextBytes(bytes);
    }
    return bytes;
  }

  private static List<RecordHeader> headers(Random random) {
    List<RecordHeader> headers = new ArrayList<>();
    int count = random.nextInt(4) == 0 ? random.nextInt(5) : 0;
    for (int i = 0; i < count; i++) {
      String key = "h€äader-".substring(random.nextInt(8)).repeat(random.nextInt(4));
      headers.add(new RecordHeader(key, buffer(field(random, 200))));
    }
    return headers;
  }
}
