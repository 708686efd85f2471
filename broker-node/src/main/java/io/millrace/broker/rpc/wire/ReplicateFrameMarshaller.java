package io.millrace.broker.rpc.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.millrace.broker.replica.ReceivedRecords;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.proto.internal.v1.ReplicaData;
import io.millrace.proto.internal.v1.ReplicaDataPart;
import io.millrace.proto.internal.v1.ReplicateResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Writes and reads what a leader sends as {@link ReplicateResponse}. Records go out of their
 * buffers or are in the transport's memory already; those that come in stay where the message was
 * read to. All other frames take the way of the generated code. Thread-safe.
 */
public final class ReplicateFrameMarshaller implements MethodDescriptor.Marshaller<LeaderFrame> {
  private static final int DATA_TAG =
      tag(ReplicateResponse.DATA_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int PART_TAG =
      tag(ReplicaData.PARTS_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
  private static final int SUBSCRIPTION_TAG =
      tag(ReplicaDataPart.SUBSCRIPTION_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int PREV_END_OFFSET_TAG =
      tag(ReplicaDataPart.PREV_END_OFFSET_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int HIGH_WATERMARK_TAG =
      tag(ReplicaDataPart.HIGH_WATERMARK_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int LOG_START_TAG =
      tag(ReplicaDataPart.LOG_START_FIELD_NUMBER, WireFormat.WIRETYPE_VARINT);
  private static final int RECORDS_TAG =
      tag(ReplicaDataPart.RECORDS_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);

  private final Function<LeaderFrame, ReplicateResponse> encode;
  private final Function<ReplicateResponse, LeaderFrame> decode;
  private final InboundArrays arrays = new InboundArrays();

  /**
   * The marshaller.
   *
   * @param encode makes the message of a frame without records
   * @param decode makes the frame of any message; may throw IllegalArgumentException
   */
  public ReplicateFrameMarshaller(
      Function<LeaderFrame, ReplicateResponse> encode,
      Function<ReplicateResponse, LeaderFrame> decode) {
    this.encode = encode;
    this.decode = decode;
  }

  private static int tag(int field, int wireType) {
    return field << 3 | wireType;
  }

  // ---- writing

  @Override
  public InputStream stream(LeaderFrame frame) {
    if (!(frame instanceof LeaderFrame.Data data)) {
      return new FrameStream(encode.apply(frame).toByteArray(), List.of(), Optional.empty());
    }
    try {
      return stream(data);
    } catch (IOException impossible) {
      throw new UncheckedIOException("encoding to memory failed", impossible);
    }
  }

  private static FrameStream stream(LeaderFrame.Data data) throws IOException {
    List<byte[]> heads = new ArrayList<>(data.parts().size());
    List<ByteBuffer> records = new ArrayList<>(data.parts().size());
    int size = 0;
    for (LeaderFrame.DataPart part : data.parts()) {
      byte[] head = head(part);
      heads.add(head);
      records.add(((OutgoingBatches) part.records()).records());
      size += head.length + part.records().bytes();
    }
    byte[] prefix = prefix(size, heads.get(0));
    if (records.size() > 1) {
      return new FrameStream(prefix, interleaved(heads, records), Optional.empty());
    }
    Optional<OutgoingRecords> memory = ((OutgoingBatches) data.parts().get(0).records()).memory();
    memory.ifPresent(lent -> lent.offer(prefix.length, records));
    return new FrameStream(prefix, records, memory);
  }

  /** What comes after the first head: records, head, records and so on. */
  private static List<ByteBuffer> interleaved(List<byte[]> heads, List<ByteBuffer> records) {
    List<ByteBuffer> all = new ArrayList<>(2 * records.size() - 1);
    for (int i = 0; i < records.size(); i++) {
      if (i > 0) {
        all.add(ByteBuffer.wrap(heads.get(i)));
      }
      all.add(records.get(i));
    }
    return all;
  }

  /** The message's begin and the first part's head. */
  private static byte[] prefix(int size, byte[] firstHead) throws IOException {
    byte[] bytes =
        new byte
            [CodedOutputStream.computeUInt32SizeNoTag(DATA_TAG)
                + CodedOutputStream.computeUInt32SizeNoTag(size)
                + firstHead.length];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeUInt32NoTag(DATA_TAG);
    out.writeUInt32NoTag(size);
    out.writeRawBytes(firstHead);
    out.checkNoSpaceLeft();
    return bytes;
  }

  /** All of a part but its records, which come last. */
  private static byte[] head(LeaderFrame.DataPart part) throws IOException {
    ReplicaDataPart fields =
        ReplicaDataPart.newBuilder()
            .setSubscription(part.subscription())
            .setPrevEndOffset(part.prevEndOffset())
            .setHighWatermark(part.highWatermark())
            .setLogStart(part.logStart())
            .build();
    int recordBytes = part.records().bytes();
    int beforeRecords =
        fields.getSerializedSize()
            + CodedOutputStream.computeUInt32SizeNoTag(RECORDS_TAG)
            + CodedOutputStream.computeUInt32SizeNoTag(recordBytes);
    int size = beforeRecords + recordBytes;
    byte[] bytes =
        new byte
            [CodedOutputStream.computeUInt32SizeNoTag(PART_TAG)
                + CodedOutputStream.computeUInt32SizeNoTag(size)
                + beforeRecords];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeUInt32NoTag(PART_TAG);
    out.writeUInt32NoTag(size);
    fields.writeTo(out);
    out.writeUInt32NoTag(RECORDS_TAG);
    out.writeUInt32NoTag(recordBytes);
    out.checkNoSpaceLeft();
    return bytes;
  }

  // ---- reading

  @Override
  public LeaderFrame parse(InputStream stream) {
    try {
      if (!(stream instanceof KnownLength)) {
        return decode.apply(ReplicateResponse.parseFrom(stream));
      }
      int size = stream.available();
      Optional<BufferPool.Lease> lease = arrays.lease(size);
      ByteBuffer into =
          lease.map(BufferPool.Lease::buffer).orElseGet(() -> ByteBuffer.allocate(size));
      return parse(stream, into, size, () -> lease.ifPresent(BufferPool.Lease::release));
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      throw Status.INTERNAL
          .withDescription("not a ReplicateResponse: " + e.getMessage())
          .withCause(e)
          .asRuntimeException();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private LeaderFrame parse(InputStream stream, ByteBuffer into, int size, Runnable release)
      throws IOException {
    boolean lent = false;
    try {
      CodedInputStream in = InboundArrays.read(stream, into, size);
      if (isNothingButData(in, size)) {
        List<Part> parts = parts(in);
        lent = !parts.isEmpty();
        return new LeaderFrame.Data(received(parts, into, release));
      }
      CodedInputStream again = CodedInputStream.newInstance(into.array(), into.arrayOffset(), size);
      return decode.apply(ReplicateResponse.parseFrom(again));
    } finally {
      if (!lent) {
        release.run();
      }
    }
  }

  /** Whether the message is one data field; then the parts follow. */
  private static boolean isNothingButData(CodedInputStream in, int size) throws IOException {
    return !in.isAtEnd()
        && in.readTag() == DATA_TAG
        && in.readRawVarint32() == size - in.getTotalBytesRead();
  }

  /**
   * A part as it lies in the message.
   *
   * @param at where its records begin in the message
   * @param bytes how many there are
   */
  private record Part(
      long subscription,
      long prevEndOffset,
      long highWatermark,
      long logStart,
      int at,
      int bytes) {}

  private static List<Part> parts(CodedInputStream in) throws IOException {
    List<Part> parts = new ArrayList<>();
    while (!in.isAtEnd()) {
      int tag = in.readTag();
      if (tag == PART_TAG) {
        int outer = in.pushLimit(in.readRawVarint32());
        parts.add(part(in));
        in.popLimit(outer);
      } else {
        in.skipField(tag);
      }
    }
    return parts;
  }

  private static Part part(CodedInputStream in) throws IOException {
    long subscription = 0;
    long prevEndOffset = 0;
    long highWatermark = 0;
    long logStart = 0;
    int at = 0;
    int bytes = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == SUBSCRIPTION_TAG) {
        subscription = in.readInt64();
      } else if (tag == PREV_END_OFFSET_TAG) {
        prevEndOffset = in.readInt64();
      } else if (tag == HIGH_WATERMARK_TAG) {
        highWatermark = in.readInt64();
      } else if (tag == LOG_START_TAG) {
        logStart = in.readInt64();
      } else if (tag == RECORDS_TAG) {
        bytes = in.readRawVarint32();
        at = in.getTotalBytesRead();
        in.skipRawBytes(bytes);
      } else {
        in.skipField(tag);
      }
    }
    if (bytes == 0) {
      throw new InvalidProtocolBufferException("a part without records");
    }
    return new Part(subscription, prevEndOffset, highWatermark, logStart, at, bytes);
  }

  /** The parts with their records, of which the last one to be released gives the memory back. */
  private static List<LeaderFrame.DataPart> received(
      List<Part> parts, ByteBuffer message, Runnable release) {
    AtomicInteger held = new AtomicInteger(parts.size());
    Runnable releaseOne =
        () -> {
          if (held.decrementAndGet() == 0) {
            release.run();
          }
        };
    List<LeaderFrame.DataPart> received = new ArrayList<>(parts.size());
    for (Part part : parts) {
      received.add(
          new LeaderFrame.DataPart(
              part.subscription(),
              part.prevEndOffset(),
              part.highWatermark(),
              part.logStart(),
              new ReceivedRecords(message.slice(part.at(), part.bytes()), once(releaseOne))));
    }
    return received;
  }

  private static Runnable once(Runnable release) {
    AtomicBoolean done = new AtomicBoolean();
    return () -> {
      if (done.compareAndSet(false, true)) {
        release.run();
      }
    };
  }

  /** The records of a message that the generated code has read. */
  public static ReceivedRecords received(ByteString records) {
    if (records.isEmpty()) {
      throw new IllegalArgumentException("a part without records");
    }
    return new ReceivedRecords(ByteBuffer.wrap(records.toByteArray()), () -> {});
  }
}
