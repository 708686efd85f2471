package io.millrace.client.internal;

import io.grpc.MethodDescriptor;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ProduceStreamResponse;
import io.millrace.proto.v1.ProducerServiceGrpc;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Writes {@link OutboundMessage}s to the transport. Thread-safe. */
final class OutboundMarshaller implements MethodDescriptor.Marshaller<OutboundMessage> {
  /** The produce stream with its requests written by hand. */
  static final MethodDescriptor<OutboundMessage, ProduceStreamResponse> PRODUCE_STREAM = method();

  private static MethodDescriptor<OutboundMessage, ProduceStreamResponse> method() {
    MethodDescriptor<ProduceStreamRequest, ProduceStreamResponse> generated =
        ProducerServiceGrpc.getProduceStreamMethod();
    return generated.toBuilder(new OutboundMarshaller(), generated.getResponseMarshaller()).build();
  }

  @Override
  public InputStream stream(OutboundMessage message) {
    return message.stream();
  }

  @Override
  public OutboundMessage parse(InputStream stream) {
    try {
      return OutboundMessage.of(ProduceStreamRequest.parseFrom(stream));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
