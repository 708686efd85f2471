package io.millrace.broker.rpc;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.proto.v1.Error;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Errors on their way to the client: as the status of a call, or in the body of an answer. */
public final class RpcErrors {
  /** The domain of every {@link ErrorInfo}. */
  public static final String DOMAIN = "millrace";

  private static final Logger log = LoggerFactory.getLogger(RpcErrors.class);
  private static final Duration RETRY_DELAY = Duration.newBuilder().setNanos(100_000_000).build();

  private RpcErrors() {}

  /** The error for the body of an answer. */
  public static Error toProto(MillraceError error) {
    return Error.newBuilder()
        .setCodeValue(error.code().number())
        .setMessage(error.message())
        .putAllDetails(error.details())
        .build();
  }

  /** The error that stands in the body of an answer. */
  static MillraceError fromProto(Error error) {
    for (ErrorCode code : ErrorCode.values()) {
      if (code.number() == error.getCodeValue()) {
        return new MillraceError(code, error.getMessage(), error.getDetailsMap());
      }
    }
    throw new IllegalArgumentException("error code: " + error.getCodeValue());
  }

  /**
   * The error as the status of a call: {@link ErrorInfo} with the code's name, and {@link
   * RetryInfo} where a retry helps.
   */
  public static StatusRuntimeException toStatus(MillraceError error) {
    ErrorInfo info =
        ErrorInfo.newBuilder()
            .setReason(error.code().name())
            .setDomain(DOMAIN)
            .putAllMetadata(error.details())
            .build();
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode(statusCode(error.code()).value())
            .setMessage(error.message())
            .addDetails(Any.pack(info));
    if (error.code().retriable()) {
      RetryInfo retry = RetryInfo.newBuilder().setRetryDelay(RETRY_DELAY).build();
      status.addDetails(Any.pack(retry));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  /** Anything that was thrown as the status of a call; what no one foresaw is logged. */
  public static StatusRuntimeException toStatus(Throwable thrown) {
    return toStatus(toError(thrown));
  }

  /** Ends a call with an error. */
  static void close(ServerCall<?, ?> call, StatusRuntimeException error) {
    Metadata trailers = error.getTrailers();
    call.close(error.getStatus(), trailers == null ? new Metadata() : trailers);
  }

  /** Anything that was thrown as an error; what no one foresaw is logged. */
  public static MillraceError toError(Throwable thrown) {
    if (thrown instanceof CompletionException && thrown.getCause() != null) {
      return toError(thrown.getCause());
    }
    if (thrown instanceof MillraceException known) {
      return known.error();
    }
    log.error("a request failed in a way that no one foresaw", thrown);
    return new MillraceError(
        ErrorCode.INTERNAL, "the server failed: " + thrown + " (its log has more)");
  }

  /**
   * The gRPC code of an error. UNAVAILABLE only for what is safe to retry as it stands: nothing was
   * changed, and the same server may answer otherwise soon.
   */
  static Status.Code statusCode(ErrorCode code) {
    return switch (code) {
      case INTERNAL -> Status.Code.INTERNAL;
      case UNSUPPORTED, TRANSACTIONS_NOT_ENABLED -> Status.Code.UNIMPLEMENTED;
      case REQUEST_TIMED_OUT -> Status.Code.DEADLINE_EXCEEDED;
      case THROTTLED, GROUP_FULL -> Status.Code.RESOURCE_EXHAUSTED;
      case UNAVAILABLE,
          LEADER_NOT_AVAILABLE,
          UNKNOWN_LEADER_EPOCH,
          OFFSET_NOT_AVAILABLE,
          NOT_ENOUGH_REPLICAS,
          BROKER_NOT_AVAILABLE,
          COORDINATOR_NOT_AVAILABLE,
          COORDINATOR_LOADING ->
          Status.Code.UNAVAILABLE;
      case UNKNOWN_TOPIC,
          UNKNOWN_TOPIC_ID,
          UNKNOWN_PARTITION,
          UNKNOWN_BROKER,
          UNKNOWN_GROUP,
          UNKNOWN_MEMBER_ID ->
          Status.Code.NOT_FOUND;
      case TOPIC_ALREADY_EXISTS, BROKER_ID_IN_USE, UNRELEASED_INSTANCE_ID ->
          Status.Code.ALREADY_EXISTS;
      case INVALID_REQUEST,
          REQUEST_TOO_LARGE,
          INVALID_TOPIC_NAME,
          INVALID_PARTITION_COUNT,
          INVALID_REPLICATION_FACTOR,
          INVALID_CONFIG,
          BATCH_TOO_LARGE,
          DECOMPRESSED_TOO_LARGE,
          UNSUPPORTED_BATCH_FORMAT,
          INVALID_RECORD,
          INVALID_TIMESTAMP,
          INVALID_ACKS,
          INVALID_REPLICA_ASSIGNMENT,
          REQUEST_ID_REUSED,
          INVALID_GROUP_ID,
          UNSUPPORTED_ASSIGNOR,
          INVALID_REGULAR_EXPRESSION,
          OFFSET_METADATA_TOO_LARGE ->
          Status.Code.INVALID_ARGUMENT;
      case OFFSET_OUT_OF_RANGE -> Status.Code.OUT_OF_RANGE;
      case CORRUPT_BATCH -> Status.Code.DATA_LOSS;
      case POLICY_VIOLATION,
          NOT_LEADER,
          FENCED_LEADER_EPOCH,
          LOG_DIR_OFFLINE,
          OUT_OF_ORDER_SEQUENCE,
          INVALID_PRODUCER_EPOCH,
          DUPLICATE_SEQUENCE,
          NOT_CONTROLLER,
          STALE_BROKER_EPOCH,
          STALE_PARTITION_EPOCH,
          INELIGIBLE_REPLICA,
          NO_REASSIGNMENT_IN_PROGRESS,
          PREFERRED_LEADER_NOT_AVAILABLE,
          NOT_COORDINATOR,
          GROUP_NOT_EMPTY,
          GROUP_SUBSCRIBED_TO_TOPIC,
          FENCED_MEMBER_EPOCH,
          STALE_MEMBER_EPOCH,
          FENCED_INSTANCE_ID ->
          Status.Code.FAILED_PRECONDITION;
      case NOT_ENOUGH_REPLICAS_AFTER_APPEND, PREVIOUS_FRAME_FAILED, OUTCOME_UNKNOWN ->
          Status.Code.ABORTED;
    };
  }
}
