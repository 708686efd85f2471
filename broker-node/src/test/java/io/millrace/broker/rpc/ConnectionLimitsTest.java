package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Attributes;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.millrace.broker.server.LimitSettings;
import io.millrace.broker.server.TestNode;
import io.millrace.common.ErrorCode;
import io.millrace.common.file.RealFileStore;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.MetadataServiceGrpc;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
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
            settings -> settings.set(LimitSettings.MAX_CONNECTIONS, 1))) {
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

  @Test
  void aConnectionThatHasEndedTakesAndGivesNoPlace() {
    ByteBudgets budgets = new ByteBudgets(InFlightBytes.total(1_000), InFlightBytes.total(1_000));
    ConnectionLimits limits = new ConnectionLimits(1, () -> budgets);
    Attributes first = limits.transportReady(Attributes.EMPTY);
    Attributes second = limits.transportReady(Attributes.EMPTY);
    assertThat(letsIn(limits, first)).isTrue();
    assertThat(letsIn(limits, second)).isFalse();

    limits.transportTerminated(second);
    Attributes third = limits.transportReady(Attributes.EMPTY);
    assertThat(letsIn(limits, third)).as("the place is the first's").isFalse();
    limits.transportTerminated(first);
    assertThat(letsIn(limits, second)).as("a late call of one that has gone").isFalse();
    assertThat(letsIn(limits, third)).isTrue();
  }

  private static boolean letsIn(ConnectionLimits limits, Attributes connection) {
    AtomicBoolean handled = new AtomicBoolean();
    var unused =
        limits.<GetMetadataRequest, GetMetadataResponse>interceptCall(
            new CallOn(connection),
            new Metadata(),
            (call, headers) -> {
              handled.set(true);
              return new ServerCall.Listener<>() {};
            });
    return handled.get();
  }

  /** A call that comes on a connection. */
  private static final class CallOn extends ServerCall<GetMetadataRequest, GetMetadataResponse> {
    private final Attributes connection;

    CallOn(Attributes connection) {
      this.connection = connection;
    }

    @Override
    public Attributes getAttributes() {
      return connection;
    }

    @Override
    public void close(Status status, Metadata trailers) {}

    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(GetMetadataResponse message) {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<GetMetadataRequest, GetMetadataResponse> getMethodDescriptor() {
      return MetadataServiceGrpc.getGetMetadataMethod();
    }
  }
}
