package io.millrace.common.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Random;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

class Murmur2Test {
  @Test
  void hashesAsKafkaDoesAtEveryLength() {
    Random random = new Random(2);
    for (int length = 0; length < 300; length++) {
      byte[] key = new byte[length];
      random.nextBytes(key);
      assertThat(Murmur2.hash(key)).isEqualTo(Utils.murmur2(key));
    }
  }

  @Test
  void hashesTheBytesFromPositionToLimitOfAnyBuffer() {
    byte[] bytes = "xxkey-1yyy".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    ByteBuffer heap = ByteBuffer.wrap(bytes, 2, 5);
    ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).position(2).limit(7);

    assertThat(Murmur2.hash(heap)).isEqualTo(Utils.murmur2("key-1".getBytes()));
    assertThat(Murmur2.hash(direct)).isEqualTo(Murmur2.hash(heap));
    assertThat(Murmur2.hash(heap.asReadOnlyBuffer())).isEqualTo(Murmur2.hash(heap));
    assertThat(direct.position()).isEqualTo(2);
  }

  @Test
  void sendsAKeyToTheSamePartitionAsKafka() {
    Random random = new Random(3);
    for (int i = 0; i < 2_000; i++) {
      byte[] key = new byte[random.nextInt(40)];
      random.nextBytes(key);
      int partitions = 1 + random.nextInt(1_000);
      assertThat(KeyPartitioner.partitionFor(ByteBuffer.wrap(key), partitions))
          .isEqualTo(
              org.apache.kafka.clients.producer.internals.BuiltInPartitioner.partitionForKey(
                  key, partitions));
    }
  }

  @Test
  void refusesATopicWithoutPartitions() {
    assertThatThrownBy(() -> KeyPartitioner.partitionFor(ByteBuffer.allocate(1), 0))
        .hasMessage("partitions: 0 (expected: at least 1)");
  }
}
