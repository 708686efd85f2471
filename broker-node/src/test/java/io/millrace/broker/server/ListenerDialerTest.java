package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

class ListenerDialerTest {
  private final UncaughtThrowables uncaught =
      new UncaughtThrowables((message, cause) -> new IllegalStateException(message, cause));

  /** They are dialled one after the other. */
  @Test
  void onlyARefusedConnectionIsTold() throws Exception {
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    try (ServerSocket open = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        ListenerDialer dialer = new ListenerDialer(uncaught)) {
      CompletableFuture<Void> last = new CompletableFuture<>();
      dialer.dial(broker(Optional.of(open.getLocalPort())), () -> told.add("open"));
      dialer.dial(broker(Optional.empty()), () -> told.add("no listener"));
      dialer.dial(broker(Optional.of(closedPort())), () -> last.complete(null));
      assertThat(last).succeedsWithin(Duration.ofSeconds(10));
      assertThat(told).isEmpty();
    }
  }

  private static int closedPort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static BrokerImage broker(Optional<Integer> port) {
    return new BrokerImage(
        2,
        new BrokerRegistration(1, new UUID(1, 1), List.of(new UUID(1, 2))),
        new Endpoint("localhost", 1),
        port.map(number -> new Endpoint("127.0.0.1", number)),
        "",
        FeatureRange.SUPPORTED,
        BrokerState.ACTIVE);
  }
}
