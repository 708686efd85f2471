package io.millrace.broker.rpc.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.millrace.proto.v1.ProduceStreamRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Reads messages of produce streams into pooled arrays: the generated parser finds the fields and
 * the batches stay where they are. Thread-safe.
 */
public final class InboundProduceMarshaller implements MethodDescriptor.Marshaller<InboundProduce> {
  private final InboundArrays arrays = new InboundArrays();

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
      Optional<BufferPool.Lease> lease = arrays.lease(size);
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
    CodedInputStream in = InboundArrays.read(stream, into, size);
    ProduceStreamRequest message = ProduceStreamRequest.parseFrom(in);
    in.checkLastTagWas(0);
    return message;
  }
}
