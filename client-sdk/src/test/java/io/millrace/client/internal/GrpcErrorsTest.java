package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.millrace.client.api.BrokerAddress;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class GrpcErrorsTest {
  private static final BrokerAddress BROKER = new BrokerAddress("broker", 9650);

  @Test
  void aConnectionThatIsLostWhileAMessageIsWrittenMayBeMadeAnew() {
    MillraceException error =
        translate(
            Status.UNKNOWN
                .withDescription("channel closed")
                .withCause(new ClosedChannelException()));

    assertThat(error.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(error).hasMessageContaining("broker:9650 closed the connection");
  }

  @Test
  void whatABrokerItselfDoesNotKnowIsADefect() {
    MillraceException error = translate(Status.UNKNOWN.withDescription("Application error"));

    assertThat(error.code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(error).hasMessageContaining("broker:9650: UNKNOWN: Application error");
  }

  private static MillraceException translate(Status status) {
    return GrpcErrors.translate(status.asRuntimeException(), BROKER);
  }
}
