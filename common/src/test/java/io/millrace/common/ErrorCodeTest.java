package io.millrace.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ErrorCodeTest {
  @Test
  void namesAndNumbersAreThoseOfTheProtocol() {
    var java =
        Arrays.stream(ErrorCode.values())
            .collect(Collectors.toMap(code -> "ERROR_CODE_" + code.name(), ErrorCode::number));
    var proto =
        Arrays.stream(io.millrace.proto.v1.ErrorCode.values())
            .filter(code -> code != io.millrace.proto.v1.ErrorCode.UNRECOGNIZED)
            .filter(code -> code != io.millrace.proto.v1.ErrorCode.ERROR_CODE_UNSPECIFIED)
            .collect(Collectors.toMap(Enum::name, io.millrace.proto.v1.ErrorCode::getNumber));

    assertThat(java).isEqualTo(proto);
  }
}
