package io.millrace.client.api;

import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A record to send. The arrays are not copied: do not change them until the send is answered.
 *
 * @param topic the topic's name
 * @param partition the partition; empty to let {@link ProducerConfig#partitioner()} choose it: by
 *     the key if not set otherwise
 * @param timestampMs milliseconds since 1970 UTC; empty for the time of the call
 * @param key decides the partition and the compaction, or null
 * @param value the payload, or null (a tombstone in a compacted topic)
 * @param headers in this order
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per record would cost more
public record ProducerRecord(
    String topic,
    OptionalInt partition,
    OptionalLong timestampMs,
    byte @Nullable [] key,
    byte @Nullable [] value,
    List<Header> headers) {
  public ProducerRecord {
    headers = List.copyOf(headers);
    if (partition.isPresent() && partition.getAsInt() < 0) {
      throw new IllegalArgumentException(
          "partition: " + partition.getAsInt() + " (expected: >= 0)");
    }
  }

  /** A record without key, headers or a partition of its own. */
  public static ProducerRecord of(String topic, byte @Nullable [] value) {
    return of(topic, null, value);
  }

  /** A record with a key, which chooses the partition. */
  public static ProducerRecord of(String topic, byte @Nullable [] key, byte @Nullable [] value) {
    return new ProducerRecord(
        topic, OptionalInt.empty(), OptionalLong.empty(), key, value, List.of());
  }

  /** The same record for one partition. */
  public ProducerRecord toPartition(int number) {
    return new ProducerRecord(topic, OptionalInt.of(number), timestampMs, key, value, headers);
  }

  /** The same record with a timestamp of its own. */
  public ProducerRecord at(long epochMs) {
    return new ProducerRecord(topic, partition, OptionalLong.of(epochMs), key, value, headers);
  }

  /** The same record with these headers. */
  public ProducerRecord withHeaders(List<Header> newHeaders) {
    return new ProducerRecord(topic, partition, timestampMs, key, value, newHeaders);
  }
}
