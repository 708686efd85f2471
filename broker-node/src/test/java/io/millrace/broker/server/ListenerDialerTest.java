package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.image.Endpoint;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ListenerDialerTest {
  private final UncaughtThrowables uncaught =
      new UncaughtThrowables((message, cause) -> new IllegalStateException(message, cause));

  @Test
  void tellsWhetherTheConnectionIsRefused() throws Exception {
    try (ServerSocket open = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        ListenerDialer dialer = new ListenerDialer(uncaught)) {
      assertThat(refused(dialer, "127.0.0.1", open.getLocalPort())).isFalse();
      assertThat(refused(dialer, "127.0.0.1", closedPort())).isTrue();
      assertThat(refused(dialer, "no-such-host.invalid", 1)).isFalse();
    }
  }

  private static boolean refused(ListenerDialer dialer, String host, int port) {
    CompletableFuture<Boolean> told = new CompletableFuture<>();
    dialer.probe(new Endpoint(host, port), told::complete);
    assertThat(told).succeedsWithin(Duration.ofSeconds(20));
    return told.join();
  }

  private static int closedPort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
