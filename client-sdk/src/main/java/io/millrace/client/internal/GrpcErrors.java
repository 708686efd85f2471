package io.millrace.client.internal;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Exception;
import io.grpc.protobuf.StatusProto;
import io.millrace.client.api.BrokerAddress;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.proto.v1.Error;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Turns what gRPC and the broker report into {@link MillraceException}s. */
final class GrpcErrors {
  /** Detail that is set when no broker was reached: {@code refused}, {@code unknown-host}… */
  static final String CONNECTION = "connection";

  /** Detail that names the broker asked. */
  static final String ADDRESS = "address";

  private GrpcErrors() {}

  /** The error of a call that failed as a whole. */
  static MillraceException translate(Throwable thrown, BrokerAddress address) {
    if (thrown instanceof MillraceException known) {
      return known;
    }
    Status status = Status.fromThrowable(thrown);
    Optional<ErrorInfo> info = errorInfo(thrown);
    if (info.isPresent()) {
      return new MillraceException(
          new MillraceError(
              code(info.get().getReason()), text(status), info.get().getMetadataMap()));
    }
    if (isOtherProtocol(thrown)) {
      return connection(
          address, "no-grpc", "does not speak gRPC: another program may have that port");
    }
    return switch (status.getCode()) {
      case UNAVAILABLE -> unavailable(thrown, status, address);
      case UNKNOWN -> unknown(status, address);
      case DEADLINE_EXCEEDED ->
          error(ErrorCode.REQUEST_TIMED_OUT, address + " did not answer in time", address);
      case CANCELLED ->
          // A broker that stops at once resets its streams: whoever may retry should.
          error(ErrorCode.UNAVAILABLE, address + " broke the call off", address);
      case UNIMPLEMENTED ->
          error(
              ErrorCode.UNSUPPORTED,
              address + " does not know this call: it is older, or no Millrace broker",
              address);
      case RESOURCE_EXHAUSTED -> error(ErrorCode.THROTTLED, address + ": " + text(status), address);
      default -> unforeseen(status, address);
    };
  }

  /**
   * The error of a stream that has ended.
   *
   * @param answered whether the broker had sent anything on it: then it knows the call and takes
   *     it, and an end that it gives no reason of its own for came from between, and may pass
   */
  static MillraceException ended(Throwable thrown, BrokerAddress address, boolean answered) {
    MillraceException error = translate(thrown, address);
    return !answered || error.code().retriable() || errorInfo(thrown).isPresent()
        ? error
        : error(ErrorCode.UNAVAILABLE, brokenOff(Status.fromThrowable(thrown), address), address);
  }

  private static String brokenOff(Status status, BrokerAddress address) {
    return address + " broke the stream off: " + status.getCode() + ": " + text(status);
  }

  /** The error of one partition, frame or record. */
  static MillraceError fromProto(Error error) {
    ErrorCode code = code(error.getCode().name().replaceFirst("^ERROR_CODE_", ""));
    return new MillraceError(code, error.getMessage(), error.getDetailsMap());
  }

  /** Whether no broker was reached at all: nothing was done. */
  static boolean isConnectionFailure(MillraceException e) {
    return e.error().details().containsKey(CONNECTION);
  }

  private static MillraceException unavailable(
      Throwable thrown, Status status, BrokerAddress address) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
      if (cause instanceof UnknownHostException || cause instanceof UnresolvedAddressException) {
        return connection(address, "unknown-host", "has a host name that is not known");
      }
      if (cause instanceof ConnectException && text.contains("timed out")) {
        return connection(address, "timed-out", "did not accept the connection in time");
      }
      if (cause instanceof ConnectException && text.contains("refused")) {
        return connection(address, "refused", "refused the connection");
      }
      if (cause instanceof ConnectException) {
        return connection(address, "failed", "can't be reached (" + cause.getMessage() + ")");
      }
    }
    return isClosed(thrown, status)
        ? error(ErrorCode.UNAVAILABLE, address + " closed the connection", address)
        : error(ErrorCode.UNAVAILABLE, address + ": " + text(status), address);
  }

  /** gRPC takes a message that was written to a connection just lost for an unknown failure. */
  private static MillraceException unknown(Status status, BrokerAddress address) {
    return status.getCause() instanceof IOException
        ? error(ErrorCode.UNAVAILABLE, address + " closed the connection", address)
        : unforeseen(status, address);
  }

  private static MillraceException unforeseen(Status status, BrokerAddress address) {
    return error(
        ErrorCode.INTERNAL, address + ": " + status.getCode() + ": " + text(status), address);
  }

  /** What came was no HTTP/2, as a broker speaks from its first byte on. */
  private static boolean isOtherProtocol(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof Http2Exception http2 && !Http2Exception.isStreamError(http2)) {
        return true;
      }
    }
    return false;
  }

  /** gRPC says of a connection that is gone only that it does not know why. */
  private static boolean isClosed(Throwable thrown, Status status) {
    Throwable cause = thrown.getCause();
    return text(status).equals("Network closed for unknown reason")
        || (cause instanceof IOException && text(status).equals("io exception"));
  }

  private static MillraceException connection(BrokerAddress address, String kind, String text) {
    return new MillraceException(
        new MillraceError(
            ErrorCode.UNAVAILABLE,
            address + " " + text,
            Map.of(ADDRESS, address.toString(), CONNECTION, kind)));
  }

  private static MillraceException error(ErrorCode code, String text, BrokerAddress address) {
    return new MillraceException(
        new MillraceError(code, text, Map.of(ADDRESS, address.toString())));
  }

  private static Optional<ErrorInfo> errorInfo(Throwable thrown) {
    com.google.rpc.Status proto = StatusProto.fromThrowable(thrown);
    if (proto == null) {
      return Optional.empty();
    }
    for (Any detail : proto.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        try {
          return Optional.of(detail.unpack(ErrorInfo.class));
        } catch (InvalidProtocolBufferException e) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  private static String text(Status status) {
    return Optional.ofNullable(status.getDescription()).orElse(status.getCode().name());
  }

  /** A newer broker's code that this client does not know counts as INTERNAL. */
  private static ErrorCode code(String name) {
    for (ErrorCode code : ErrorCode.values()) {
      if (code.name().equals(name)) {
        return code;
      }
    }
    return ErrorCode.INTERNAL;
  }
}
