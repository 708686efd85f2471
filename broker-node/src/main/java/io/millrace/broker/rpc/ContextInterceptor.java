package io.millrace.broker.rpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.SocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Puts the {@link RequestContext} around each call. Thread-safe. */
final class ContextInterceptor implements ServerInterceptor {
  private static final Metadata.Key<String> CLIENT_ID =
      Metadata.Key.of("millrace-client-id", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> TRACE =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);
  private static final int MAX_HEADER_CHARS = 256;

  private final String listener;

  ContextInterceptor(String listener) {
    this.listener = listener;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    RequestContext request =
        new RequestContext(
            RequestContext.ANONYMOUS,
            header(headers, CLIENT_ID),
            text(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)),
            listener,
            "",
            0,
            header(headers, TRACE));
    Context context = Context.current().withValue(RequestContext.KEY, request);
    return Contexts.interceptCall(context, call, headers, next);
  }

  /** Host and port; Java puts the name that was looked up, if any, and a slash before them. */
  private static String text(@Nullable SocketAddress address) {
    String text = address == null ? "" : address.toString();
    return text.substring(text.indexOf('/') + 1);
  }

  private static String header(Metadata headers, Metadata.Key<String> key) {
    return Optional.ofNullable(headers.get(key))
        .map(value -> value.substring(0, Math.min(value.length(), MAX_HEADER_CHARS)))
        .orElse("");
  }
}
