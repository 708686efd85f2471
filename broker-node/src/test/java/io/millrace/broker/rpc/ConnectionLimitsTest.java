package io.millrace.broker.rpc;

import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.millrace.broker.server.BrokerSettings;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import io.millrace.common.file.RealFileStore;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionLimitsTest {
  @TempDir Path data;

  @Test
  void aConnectionOverTheBoundIsLetInOnceAnotherHasGone() throws Exception {
    try (TestNode node =
        TestNode.start(
            data,
            new RealFileStore(),
            settings -> settings.set(BrokerSettings.MAX_CONNECTIONS, 1))) {
      new Api(node.channel()).topic("first");
      ManagedChannel later = TestNode.channelTo(node.server().clientPort());
      try {
        Api waiting = new Api(later);
        Api.refused(
            ErrorCode.THROTTLED, Status.Code.RESOURCE_EXHAUSTED, () -> waiting.topic("too-many"));
        node.channel().shutdownNow();
        await().ignoreExceptions().until(() -> !waiting.topic("let-in").isEmpty());
      } finally {
        later.shutdownNow();
      }
    }
  }
}
