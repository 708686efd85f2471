package io.millrace.common.record;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

/** Apache Kafka's own client library as the oracle of the format. */
final class KafkaClient {
  private KafkaClient() {}

  static ByteBuffer encode(BatchPlan plan, long baseOffset) {
    MemoryRecordsBuilder builder =
        new MemoryRecordsBuilder(
            new ByteBufferOutputStream(1024),
            org.apache.kafka.common.record.internal.RecordBatch.MAGIC_VALUE_V2,
            org.apache.kafka.common.compress.Compression.of(plan.compression().codecName()).build(),
            org.apache.kafka.common.record.TimestampType.CREATE_TIME,
            baseOffset,
            -1,
            plan.producerId(),
            plan.producerEpoch(),
            plan.baseSequence(),
            false,
            false,
            -1,
            Integer.MAX_VALUE);
    for (BatchPlan.Entry entry : plan.entries()) {
      builder.append(entry.timestamp(), entry.key(), entry.value(), headers(entry.headers()));
    }
    return builder.build().buffer();
  }

  static MutableRecordBatch batch(ByteBuffer bytes) {
    List<MutableRecordBatch> batches = new ArrayList<>();
    MemoryRecords.readableRecords(bytes.duplicate()).batches().forEach(batches::add);
    if (batches.size() != 1) {
      throw new AssertionError("batches: " + batches.size() + " (expected: 1)");
    }
    return batches.get(0);
  }

  static List<Record> read(ByteBuffer bytes) {
    MutableRecordBatch batch = batch(bytes);
    batch.ensureValid();
    List<Record> records = new ArrayList<>();
    for (org.apache.kafka.common.record.internal.Record record : batch) {
      record.ensureValid();
      List<RecordHeader> headers =
          Arrays.stream(record.headers())
              .map(header -> new RecordHeader(header.key(), BatchPlan.buffer(header.value())))
              .toList();
      records.add(
          new Record(record.offset(), record.timestamp(), record.key(), record.value(), headers));
    }
    return records;
  }

  private static Header[] headers(List<RecordHeader> headers) {
    return headers.stream()
        .map(
            header ->
                new org.apache.kafka.common.header.internals.RecordHeader(
                    header.key(), header.value() == null ? null : header.value().array()))
        .toArray(Header[]::new);
  }
}
