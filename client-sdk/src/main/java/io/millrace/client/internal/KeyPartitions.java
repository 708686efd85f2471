package io.millrace.client.internal;

import io.millrace.client.api.Partitioner;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.record.KeyPartitioner;
import java.nio.ByteBuffer;

/** Records with a key by its hash, the others as another partitioner says. Thread-safe. */
final class KeyPartitions implements Partitioner {
  private final Partitioner keyless;

  KeyPartitions(Partitioner keyless) {
    this.keyless = keyless;
  }

  @Override
  public int choose(ProducerRecord record, int partitions) {
    byte[] key = record.key();
    return key != null
        ? KeyPartitioner.partitionFor(ByteBuffer.wrap(key), partitions)
        : keyless.choose(record, partitions);
  }

  @Override
  public void batchOver(String topic, int partition, int partitions) {
    keyless.batchOver(topic, partition, partitions);
  }
}
