package io.millrace.broker.group.core;

import io.millrace.common.TopicIdPartition;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.UUID;

/** Writes the primitives that {@link GroupRecordCodec} draws. Confined to its maker. */
final class RecordWriter {
  private static final int INITIAL_CAPACITY = 64;

  private ByteBuffer buffer = ByteBuffer.allocate(INITIAL_CAPACITY);

  RecordWriter int8(int value) {
    room(Byte.BYTES).put((byte) value);
    return this;
  }

  RecordWriter int16(short value) {
    room(Short.BYTES).putShort(value);
    return this;
  }

  RecordWriter int32(int value) {
    room(Integer.BYTES).putInt(value);
    return this;
  }

  RecordWriter int64(long value) {
    room(Long.BYTES).putLong(value);
    return this;
  }

  RecordWriter string(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    room(Integer.BYTES + utf8.length).putInt(utf8.length).put(utf8);
    return this;
  }

  RecordWriter uuid(UUID value) {
    return int64(value.getMostSignificantBits()).int64(value.getLeastSignificantBits());
  }

  RecordWriter partitions(SortedSet<TopicIdPartition> partitions) {
    SortedMap<UUID, List<Integer>> byTopic = new TreeMap<>();
    for (TopicIdPartition partition : partitions) {
      byTopic
          .computeIfAbsent(partition.topicId(), topic -> new ArrayList<>())
          .add(partition.partition());
    }
    int32(byTopic.size());
    byTopic.forEach(
        (topic, numbers) -> {
          uuid(topic).int32(numbers.size());
          numbers.forEach(this::int32);
        });
    return this;
  }

  RecordWriter epochs(SortedMap<TopicIdPartition, Integer> epochs) {
    SortedMap<UUID, SortedMap<Integer, Integer>> byTopic = new TreeMap<>();
    epochs.forEach(
        (partition, epoch) ->
            byTopic
                .computeIfAbsent(partition.topicId(), topic -> new TreeMap<>())
                .put(partition.partition(), epoch));
    int32(byTopic.size());
    byTopic.forEach(
        (topic, ofTopic) -> {
          uuid(topic).int32(ofTopic.size());
          ofTopic.forEach((number, epoch) -> int32(number).int32(epoch));
        });
    return this;
  }

  byte[] bytes() {
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  private ByteBuffer room(int bytes) {
    if (buffer.remaining() < bytes) {
      int needed = Math.addExact(buffer.position(), bytes);
      int doubled = (int) Math.min(2L * buffer.capacity(), Integer.MAX_VALUE - 8);
      ByteBuffer larger = ByteBuffer.allocate(Math.max(needed, doubled));
      larger.put(buffer.flip());
      buffer = larger;
    }
    return buffer;
  }
}
