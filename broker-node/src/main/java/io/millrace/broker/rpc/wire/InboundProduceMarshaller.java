package io.millrace.broker.rpc.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.millrace.proto.v1.ProduceStreamRequest;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads messages of produce streams into pooled arrays: the generated parser finds the fields and
 * the batches stay where they are. Thread-safe.
 */
public final class InboundProduceMarshaller implements MethodDescriptor.Marshaller<InboundProduce> {
  /** Below it an array of its own is as quick. */
  private static final int SMALLEST_BYTES = 16 << 10;

  private static final int LARGEST_BYTES = 1 << 20;

  /** Room for a frame's other fields beside a batch of a round size. */
  private static final int ENVELOPE_BYTES = 4 << 10;

  /** What each pool keeps at most, without envelopes: with them the seven of them keep 60 MB. */
  private static final int KEPT_BYTES = 8 << 20;

  /**
   * Ascending, each about twice the size of the one before: an array is at least half full, in the
   * smallest pool two fifths.
   */
  private final List<BufferPool> pools = pools();

  private static List<BufferPool> pools() {
    List<BufferPool> pools = new ArrayList<>();
    for (int bytes = SMALLEST_BYTES; bytes <= LARGEST_BYTES; bytes *= 2) {
      pools.add(BufferPool.onHeap(bytes + ENVELOPE_BYTES, KEPT_BYTES / bytes));
    }
    return List.copyOf(pools);
  }

  @Override
  public InputStream stream(InboundProduce value) {
    return new ByteArrayInputStream(value.message().toByteArray());
  }

  @Override
  public InboundProduce parse(InputStream stream) {
    try {
      if (!(stream instanceof KnownLength)) {
        ProduceStreamRequest message = ProduceStreamRequest.parseFrom(stream);
        return new InboundProduce(message, message.getSerializedSize(), () -> {});
      }
      int size = stream.available();
      Optional<BufferPool.Lease> lease = lease(size);
      if (lease.isEmpty()) {
        return new InboundProduce(parse(stream, ByteBuffer.allocate(size), size), size, () -> {});
      }
      return parse(stream, lease.get(), size);
    } catch (InvalidProtocolBufferException e) {
      throw Status.INTERNAL
          .withDescription("not a ProduceStreamRequest: " + e.getMessage())
          .withCause(e)
          .asRuntimeException();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Optional<BufferPool.Lease> lease(int size) {
    if (size < SMALLEST_BYTES / 2) {
      return Optional.empty();
    }
    for (BufferPool pool : pools) {
      if (size <= pool.bufferBytes()) {
        return Optional.of(pool.take());
      }
    }
    return Optional.empty();
  }

  private static InboundProduce parse(InputStream stream, BufferPool.Lease lease, int size)
      throws IOException {
    try {
      ByteBuffer buffer = lease.buffer();
      return new InboundProduce(parse(stream, buffer, size), buffer.capacity(), lease::release);
    } catch (IOException | RuntimeException e) {
      lease.release();
      throw e;
    }
  }

  /** Parses a message in place: its byte fields are slices of the buffer. */
  private static ProduceStreamRequest parse(InputStream stream, ByteBuffer into, int size)
      throws IOException {
    byte[] array = into.array();
    int offset = into.arrayOffset();
    if (stream.readNBytes(array, offset, size) < size) {
      throw new EOFException("the message ends before its " + size + " bytes");
    }
    CodedInputStream in = UnsafeByteOperations.unsafeWrap(array, offset, size).newCodedInput();
    in.enableAliasing(true);
    ProduceStreamRequest message = ProduceStreamRequest.parseFrom(in);
    in.checkLastTagWas(0);
    return message;
  }
}
