package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.net.FreePorts;
import io.millrace.metadata.QuorumAnswer;
import io.millrace.metadata.QuorumRequest;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.rpc.CallerContext;
import io.millrace.metadata.rpc.NodeChannels;
import io.millrace.metadata.rpc.RemoteControllers;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is told of a controller whose process is gone. */
class GoneControllerTest {
  @Test
  void aLookIsRefusedAndOnlyAChangeHasAnUnknownOutcome() throws Exception {
    Endpoint gone = new Endpoint("127.0.0.1", FreePorts.inARow(1));
    try (NodeChannels channels =
        new NodeChannels(
            to -> NettyChannelBuilder.forAddress(to.host(), to.port()).usePlaintext().build())) {
      RemoteControllers controllers =
          new RemoteControllers(
              "c",
              1,
              channels,
              node -> Optional.of(gone),
              () -> new CallerContext("", "", "", "", ""));
      MillraceError look = asked(controllers, new QuorumRequest.Describe());
      assertThat(look.code()).isEqualTo(ErrorCode.UNAVAILABLE);
      assertThat(look.message())
          .startsWith("node 2 at " + gone + " gave no answer (UNAVAILABLE")
          .contains("refused")
          .doesNotContain("look before");
      MillraceError change = asked(controllers, new QuorumRequest.Transfer(3));
      assertThat(change.code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
      assertThat(change.message()).contains("refused").endsWith("look before trying again");
    }
  }

  private static MillraceError asked(RemoteControllers controllers, QuorumRequest request) {
    QuorumAnswer answer = controllers.administer(2, request, Duration.ofSeconds(10)).join();
    return ((QuorumAnswer.Refused) answer).error();
  }
}
