package io.millrace.broker.rpc;

import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.broker.rpc.wire.ServiceBinding;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.io.InputStream;

/**
 * Services that parse a request where the call's interceptors see it fail. By itself the transport
 * parses it outside of them: it would end the call as UNKNOWN, and log a stack trace for every
 * request that is no protobuf.
 */
final class RequestParsing {
  private static final MethodDescriptor.Marshaller<InputStream> UNPARSED = new Unparsed();

  private RequestParsing() {}

  /** The service with its methods' requests parsed inside of the interceptors. */
  static ServerServiceDefinition insideInterceptors(ServerServiceDefinition service) {
    return ServiceBinding.each(service, RequestParsing::unparsed);
  }

  private static <Q, A> ServerMethodDefinition<InputStream, A> unparsed(
      ServerMethodDefinition<Q, A> method) {
    MethodDescriptor<Q, A> parsed = method.getMethodDescriptor();
    MethodDescriptor<InputStream, A> raw =
        parsed.toBuilder(UNPARSED, parsed.getResponseMarshaller()).build();
    ServerCallHandler<Q, A> handler = method.getServerCallHandler();
    return ServerMethodDefinition.create(
        raw,
        (call, headers) ->
            new Parser<>(parsed, handler.startCall(RequestParsing.<Q, A>sent(call), headers)));
  }

  /** A call takes answers and gives no requests out, so that their type does not matter to it. */
  @SuppressWarnings("unchecked")
  private static <Q, A> ServerCall<Q, A> sent(ServerCall<?, A> call) {
    return (ServerCall<Q, A>) call;
  }

  /** The request in the handler's type. */
  private static <Q> Q parse(MethodDescriptor<Q, ?> method, InputStream request) {
    try {
      return method.parseRequest(request);
    } catch (StatusRuntimeException failed) {
      if (failed.getStatus().getCode() != Status.Code.INTERNAL) {
        throw failed;
      }
      throw malformed(method, failed);
    } catch (RuntimeException failed) {
      throw malformed(method, failed);
    }
  }

  private static MillraceException malformed(MethodDescriptor<?, ?> method, Throwable failed) {
    Throwable cause = failed.getCause() == null ? failed : failed.getCause();
    return new MillraceException(
        ErrorCode.INVALID_REQUEST,
        "request: "
            + cause.getMessage()
            + " (expected: the encoded message of "
            + method.getFullMethodName()
            + ")");
  }

  private static final class Parser<Q> extends ServerCall.Listener<InputStream> {
    private final MethodDescriptor<Q, ?> method;
    private final ServerCall.Listener<Q> handler;

    Parser(MethodDescriptor<Q, ?> method, ServerCall.Listener<Q> handler) {
      this.method = method;
      this.handler = handler;
    }

    @Override
    public void onMessage(InputStream request) {
      handler.onMessage(parse(method, request));
    }

    @Override
    public void onHalfClose() {
      handler.onHalfClose();
    }

    @Override
    public void onCancel() {
      handler.onCancel();
    }

    @Override
    public void onComplete() {
      handler.onComplete();
    }

    @Override
    public void onReady() {
      handler.onReady();
    }
  }

  /** Passes a request on as it came: with its length and without a copy. */
  private static final class Unparsed implements MethodDescriptor.Marshaller<InputStream> {
    @Override
    public InputStream stream(InputStream request) {
      return request;
    }

    @Override
    public InputStream parse(InputStream request) {
      return request;
    }
  }
}
