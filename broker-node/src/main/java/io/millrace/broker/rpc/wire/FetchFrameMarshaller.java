package io.millrace.broker.rpc.wire;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.PartitionData;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Writes fetch frames as {@link FetchStreamResponse}: the fields before the records are encoded
 * first, and the records follow from their buffers, or are in the transport's memory already.
 * Thread-safe.
 */
public final class FetchFrameMarshaller implements MethodDescriptor.Marshaller<FetchFrame> {
  private static final int RECORDS_TAG =
      tag(PartitionData.RECORDS_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int DATA_TAG =
      tag(FetchStreamResponse.DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);

  private static int tag(int field, int wireType) {
    return field << 3 | wireType;
  }

  @Override
  public InputStream stream(FetchFrame frame) {
    try {
      byte[] prefix = prefix(frame);
      frame.memory().ifPresent(memory -> memory.offer(prefix.length, frame.records()));
      return new FrameStream(prefix, frame.records(), frame.memory());
    } catch (IOException impossible) {
      throw new UncheckedIOException("encoding to memory failed", impossible);
    }
  }

  /** All bytes of the message but the records, which come last. */
  private static byte[] prefix(FetchFrame frame) throws IOException {
    int recordBytes = frame.recordBytes();
    int head = frame.head().getSerializedSize();
    int beforeRecords =
        recordBytes == 0
            ? 0
            : CodedOutputStream.computeUInt32SizeNoTag(RECORDS_TAG)
                + CodedOutputStream.computeUInt32SizeNoTag(recordBytes);
    int data = head + beforeRecords + recordBytes;
    int id =
        frame.subscriptionId() == 0
            ? 0
            : CodedOutputStream.computeUInt64Size(
                FetchStreamResponse.SUBSCRIPTION_ID_FIELD_NUMBER, frame.subscriptionId());
    int size =
        id
            + CodedOutputStream.computeUInt32SizeNoTag(DATA_TAG)
            + CodedOutputStream.computeUInt32SizeNoTag(data)
            + head
            + beforeRecords;
    byte[] bytes = new byte[size];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    if (id > 0) {
      out.writeUInt64(FetchStreamResponse.SUBSCRIPTION_ID_FIELD_NUMBER, frame.subscriptionId());
    }
    out.writeUInt32NoTag(DATA_TAG);
    out.writeUInt32NoTag(data);
    frame.head().writeTo(out);
    if (recordBytes > 0) {
      out.writeUInt32NoTag(RECORDS_TAG);
      out.writeUInt32NoTag(recordBytes);
    }
    out.checkNoSpaceLeft();
    return bytes;
  }

  /** Reads what {@link #stream} wrote, or any other encoding of the message. */
  @Override
  public FetchFrame parse(InputStream stream) {
    try {
      FetchStreamResponse message = FetchStreamResponse.parseFrom(stream);
      PartitionData data = message.getData();
      List<ByteBuffer> records =
          data.getRecords().isEmpty() ? List.of() : data.getRecords().asReadOnlyByteBufferList();
      return new FetchFrame(
          message.getSubscriptionId(),
          data.toBuilder().clearRecords().build(),
          records,
          Optional.empty());
    } catch (InvalidProtocolBufferException e) {
      throw Status.INTERNAL
          .withDescription("not a FetchStreamResponse: " + e.getMessage())
          .withCause(e)
          .asRuntimeException();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
