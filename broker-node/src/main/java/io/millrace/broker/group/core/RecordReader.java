package io.millrace.broker.group.core;

import io.millrace.common.TopicIdPartition;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import org.pcollections.PSortedMap;

/**
 * Reads the primitives that {@link GroupRecordCodec} draws; {@link InvalidGroupRecordException}
 * where the bytes are none. Confined to its maker.
 */
final class RecordReader {
  private static final int UUID_BYTES = 16;

  private final ByteBuffer buffer;

  RecordReader(byte[] bytes) {
    buffer = ByteBuffer.wrap(bytes);
  }

  int int8() {
    return read(buffer::get);
  }

  int int16() {
    return read(buffer::getShort);
  }

  int int32() {
    return read(buffer::getInt);
  }

  long int64() {
    return read(buffer::getLong);
  }

  /** How many things of at least that many bytes follow. */
  int count(int bytesEach) {
    int count = int32();
    if (count < 0 || (long) count * bytesEach > buffer.remaining()) {
      throw new InvalidGroupRecordException(
          "count: %d (expected: what fits into %d bytes)".formatted(count, buffer.remaining()));
    }
    return count;
  }

  String string() {
    byte[] utf8 = new byte[count(Byte.BYTES)];
    buffer.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  UUID uuid() {
    return new UUID(int64(), int64());
  }

  SortedSet<TopicIdPartition> partitions() {
    SortedSet<TopicIdPartition> partitions = new TreeSet<>(Partitions.ORDER);
    for (int topics = count(UUID_BYTES); topics > 0; topics--) {
      UUID topic = uuid();
      for (int left = count(Integer.BYTES); left > 0; left--) {
        partitions.add(new TopicIdPartition(topic, int32()));
      }
    }
    return Partitions.sorted(partitions);
  }

  PSortedMap<TopicIdPartition, Integer> epochs() {
    TreeMap<TopicIdPartition, Integer> epochs = new TreeMap<>(Partitions.ORDER);
    for (int topics = count(UUID_BYTES); topics > 0; topics--) {
      UUID topic = uuid();
      for (int left = count(2 * Integer.BYTES); left > 0; left--) {
        epochs.put(new TopicIdPartition(topic, int32()), int32());
      }
    }
    return Partitions.map(epochs);
  }

  /** Nothing may follow. */
  void end() {
    if (buffer.hasRemaining()) {
      throw new InvalidGroupRecordException(
          "bytes after the record: " + buffer.remaining() + " (expected: none)");
    }
  }

  private <N> N read(Supplier<N> number) {
    try {
      return number.get();
    } catch (BufferUnderflowException e) {
      throw new InvalidGroupRecordException(
          "bytes left: " + buffer.remaining() + " (expected: a number more)");
    }
  }
}
