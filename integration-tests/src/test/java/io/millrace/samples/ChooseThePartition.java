package io.millrace.samples;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Partitioner;
import io.millrace.client.api.Partitioners;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.RecordMetadata;

/** Keeps the first partition for urgent records; the others go by their key. */
final class ChooseThePartition {
  private ChooseThePartition() {}

  /** Thread-safe, as every partitioner has to be. */
  private static final class UrgentFirst implements Partitioner {
    private final Partitioner others = Partitioners.keyHash();

    @Override
    public int choose(ProducerRecord record, int partitions) {
      boolean urgent = record.headers().stream().anyMatch(h -> h.key().equals("urgent"));
      if (urgent || partitions == 1) {
        return 0;
      }
      return 1 + others.choose(record, partitions - 1);
    }
  }

  /** Where the record is. */
  static RecordMetadata run(MillraceClient client, ProducerRecord record) {
    ProducerConfig config = ProducerConfig.builder().partitioner(UrgentFirst::new).build();
    try (Producer producer = client.producer(config)) {
      return producer.sendAndWait(record);
    }
  }
}
