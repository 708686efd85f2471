package io.millrace.client.internal;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.millrace.proto.v1.PartitionBatch;
import io.millrace.proto.v1.ProduceFrame;
import io.millrace.proto.v1.ProduceStreamRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A message of a produce stream on its way to the transport, in the wire format of {@link
 * ProduceStreamRequest}. The records of a frame are not copied: the transport reads them from their
 * batch, and the batch hears once when it is through. Handed from the producer's thread to the
 * transport's.
 */
final class OutboundMessage {
  private static final int TAG_BYTES = 1;

  private final byte[] head;
  private final ByteBuffer records;
  private final Runnable onReleased;
  private final AtomicBoolean streamed = new AtomicBoolean();
  private final AtomicBoolean released = new AtomicBoolean();

  private OutboundMessage(byte[] head, ByteBuffer records, Runnable onReleased) {
    this.head = head;
    this.records = records;
    this.onReleased = onReleased;
  }

  /** A message without records. */
  static OutboundMessage of(ProduceStreamRequest message) {
    return new OutboundMessage(message.toByteArray(), ByteBuffer.allocate(0), () -> {});
  }

  /**
   * A frame with one batch.
   *
   * @param frameId names the frame in its stream
   * @param batch topic, partition and leader epoch, without records
   * @param records the encoded batch, on the heap; not to be changed until it is released
   * @param onReleased told once, on any thread, that nobody will read the records any more
   */
  static OutboundMessage frame(
      long frameId, PartitionBatch batch, ByteBuffer records, Runnable onReleased) {
    int recordsBytes = records.remaining();
    int batchBytes =
        batch.getSerializedSize()
            + TAG_BYTES
            + CodedOutputStream.computeUInt32SizeNoTag(recordsBytes)
            + recordsBytes;
    int frameBytes =
        CodedOutputStream.computeUInt64Size(ProduceFrame.FRAME_ID_FIELD_NUMBER, frameId)
            + TAG_BYTES
            + CodedOutputStream.computeUInt32SizeNoTag(batchBytes)
            + batchBytes;
    int headBytes =
        TAG_BYTES
            + CodedOutputStream.computeUInt32SizeNoTag(frameBytes)
            + frameBytes
            - recordsBytes;
    byte[] head = new byte[headBytes];
    CodedOutputStream out = CodedOutputStream.newInstance(head);
    try {
      putLength(out, ProduceStreamRequest.FRAME_FIELD_NUMBER, frameBytes);
      out.writeUInt64(ProduceFrame.FRAME_ID_FIELD_NUMBER, frameId);
      putLength(out, ProduceFrame.BATCH_FIELD_NUMBER, batchBytes);
      batch.writeTo(out);
      putLength(out, PartitionBatch.RECORDS_FIELD_NUMBER, recordsBytes);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new OutboundMessage(head, records, onReleased);
  }

  private static void putLength(CodedOutputStream out, int field, int bytes) throws IOException {
    out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(bytes);
  }

  /** The message as the transport reads it, once: closing it releases the records. */
  InputStream stream() {
    if (!streamed.compareAndSet(false, true)) {
      throw new IllegalStateException("the message was streamed before: its records may be others");
    }
    return new OutboundStream(head, records, this::release);
  }

  /** The transport will never see it. */
  void drop() {
    release();
  }

  private void release() {
    if (released.compareAndSet(false, true)) {
      onReleased.run();
    }
  }
}
