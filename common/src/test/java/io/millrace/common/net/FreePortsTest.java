package io.millrace.common.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FreePortsTest {
  @Test
  void whatWasDrawnIsFreeAndIsDrawnByNobodyElse() {
    int first = FreePorts.inARow(4);
    assertThat(FreePorts.areFree(first, 4)).isTrue();
    assertThat(FreePorts.hold(first - 1, 2)).isFalse();
    assertThat(FreePorts.hold(first + 3, 2)).isFalse();
  }

  @Test
  void whatIsNotFreeAsAWholeIsGivenBack() throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (DatagramSocket before = new DatagramSocket(0, loopback)) {
      int port = before.getLocalPort();
      // The port behind it is somebody's, be it ours.
      Optional<DatagramSocket> behind = held(port + 1);
      before.close();
      assertThat(FreePorts.hold(port, 2)).isFalse();

      Optional<DatagramSocket> again = held(port);
      assertThat(again).as("UDP port %d is free again", port).isPresent();
      again.ifPresent(DatagramSocket::close);
      behind.ifPresent(DatagramSocket::close);
    }
  }

  private static Optional<DatagramSocket> held(int port) throws SocketException {
    try {
      return Optional.of(new DatagramSocket(port, InetAddress.getLoopbackAddress()));
    } catch (BindException taken) {
      return Optional.empty();
    }
  }
}
