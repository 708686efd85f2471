package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class RpcErrorsTest {
  @Test
  void everyErrorCarriesItsReasonItsValuesAndARetryHintWhereThatHelps() {
    for (ErrorCode code : ErrorCode.values()) {
      StatusRuntimeException thrown =
          RpcErrors.toStatus(new MillraceError(code, "n: 7 (expected: 8)", Map.of("n", "7")));
      ErrorInfo info = Api.refusal(code, RpcErrors.statusCode(code), thrown);
      assertThat(info.getMetadataMap()).containsEntry("n", "7");
      assertThat(thrown.getStatus().getDescription()).isEqualTo("n: 7 (expected: 8)");
      boolean hinted =
          StatusProto.fromThrowable(thrown).getDetailsList().stream()
              .anyMatch(detail -> detail.is(RetryInfo.class));
      assertThat(hinted).as(code.name()).isEqualTo(code.retriable());
    }
  }

  @Test
  void unavailableIsOnlyWhatChangedNothingAndMaySucceedHere() {
    Set<ErrorCode> unavailable = EnumSet.noneOf(ErrorCode.class);
    for (ErrorCode code : ErrorCode.values()) {
      if (RpcErrors.statusCode(code) == Status.Code.UNAVAILABLE) {
        unavailable.add(code);
      }
    }
    assertThat(unavailable)
        .containsExactlyInAnyOrder(
            ErrorCode.UNAVAILABLE,
            ErrorCode.LEADER_NOT_AVAILABLE,
            ErrorCode.UNKNOWN_LEADER_EPOCH,
            ErrorCode.OFFSET_NOT_AVAILABLE,
            ErrorCode.NOT_ENOUGH_REPLICAS,
            ErrorCode.BROKER_NOT_AVAILABLE,
            ErrorCode.COORDINATOR_NOT_AVAILABLE,
            ErrorCode.COORDINATOR_LOADING);
  }

  @Test
  void bodiesCarryTheSameCodes() {
    for (ErrorCode code : ErrorCode.values()) {
      MillraceError error = new MillraceError(code, "m", Map.of("k", "v"));
      assertThat(Api.code(RpcErrors.toProto(error))).isEqualTo(code.name());
      assertThat(RpcErrors.fromProto(RpcErrors.toProto(error))).isEqualTo(error);
    }
  }

  @Test
  void whatNoOneForesawIsAnInternalError() {
    assertThat(RpcErrors.toError(new CompletionException(new IllegalStateException("oops"))).code())
        .isEqualTo(ErrorCode.INTERNAL);
  }
}
