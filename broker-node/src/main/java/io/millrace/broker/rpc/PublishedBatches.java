package io.millrace.broker.rpc;

import com.google.protobuf.ByteString;
import io.millrace.common.record.Compression;
import io.millrace.common.record.RecordBatchBuilder;
import io.millrace.common.record.RecordHeader;
import io.millrace.proto.v1.Header;
import io.millrace.proto.v1.PartitionProduceResult;
import io.millrace.proto.v1.PublishRecord;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Makes batches of what one publication has for one partition, each when the one before has its
 * result. Confined to one thread at a time.
 */
final class PublishedBatches {
  private final Publication publication;
  private final int partition;
  private final Forwarder.Passage passage;
  private final long nowMs;

  /** The records that are in no batch yet. */
  private List<Integer> left;

  private PublishedBatches(
      Publication publication, int partition, List<Integer> indexes, Forwarder.Passage passage) {
    this.publication = publication;
    this.partition = partition;
    this.left = indexes;
    this.passage = passage;
    this.nowMs = publication.deps().clock().wallMs();
  }

  /**
   * Sends the batches, and closes the passage after the last. If anything goes wrong, the records
   * that are in no batch yet fail, and the passage is closed.
   *
   * @param indexes at least one record's place in the request
   */
  static void send(
      Publication publication, int partition, List<Integer> indexes, Forwarder.Passage passage) {
    new PublishedBatches(publication, partition, indexes, passage).sendNext();
  }

  private void sendNext() {
    try {
      RecordBatchBuilder batch = nextBatch(publication.maxBatchBytes(partition));
      CompletableFuture<PartitionProduceResult> delivery =
          passage.deliver(batch.build(), batch.recordCount());
      List<Integer> indexes = left.subList(0, batch.recordCount());
      left = left.subList(batch.recordCount(), left.size());
      CompletableFuture<Void> unused = delivery.thenAccept(result -> answered(indexes, result));
    } catch (RuntimeException | Error thrown) {
      stop(thrown);
    }
  }

  private void sendNextElsewhere() {
    try {
      publication.deps().threads().execute(this::sendNext);
    } catch (RuntimeException rejected) {
      stop(rejected);
    }
  }

  private void stop(Throwable thrown) {
    passage.close();
    publication.failed(partition, left, RpcErrors.toError(thrown));
  }

  private void answered(List<Integer> indexes, PartitionProduceResult result) {
    boolean stops = result.hasError() && RpcErrors.fromProto(result.getError()).code().retriable();
    if (left.isEmpty() || stops) {
      passage.close();
    }
    publication.done(partition, indexes, result);
    if (left.isEmpty()) {
      return;
    }
    if (stops) {
      // A batch that may be sent again by the client must not come after what follows it here.
      publication.failed(partition, left, RpcErrors.fromProto(result.getError()));
    } else {
      sendNextElsewhere();
    }
  }

  /** A batch of the first records: as many as surely fit, at least one. */
  private RecordBatchBuilder nextBatch(int maxBytes) {
    RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
    for (int index : left) {
      PublishRecord record = publication.request().getRecords(index);
      @Nullable ByteBuffer key = record.hasKey() ? record.getKey().asReadOnlyByteBuffer() : null;
      @Nullable ByteBuffer value =
          record.hasValue() ? record.getValue().asReadOnlyByteBuffer() : null;
      List<RecordHeader> headers =
          record.getHeadersList().stream().map(PublishedBatches::header).toList();
      long bytes = RecordBatchBuilder.recordBytesMax(key, value, headers);
      if (builder.recordCount() > 0 && builder.estimatedBytes() + bytes > maxBytes) {
        return builder;
      }
      builder.append(
          record.hasTimestampMs() ? record.getTimestampMs() : nowMs, key, value, headers);
    }
    return builder;
  }

  private static RecordHeader header(Header header) {
    @Nullable ByteString value = header.hasValue() ? header.getValue() : null;
    return new RecordHeader(header.getKey(), value == null ? null : value.asReadOnlyByteBuffer());
  }
}
