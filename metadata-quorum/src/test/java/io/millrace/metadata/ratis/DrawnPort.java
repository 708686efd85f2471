package io.millrace.metadata.ratis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free ports on loopback, below those that systems give to outgoing connections, which would take
 * them before us. A port that was drawn is drawn by no other test, in this process or another, as
 * long as this one lives: the UDP port of the same number is taken meanwhile. Thread-safe.
 */
final class DrawnPort {
  /** Never closed: the end of the process gives them back. */
  private static final Collection<DatagramSocket> HELD = new ConcurrentLinkedQueue<>();

  private DrawnPort() {}

  /** Another one. */
  static int next() {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(10_000, 20_000);
      try (ServerSocket free = new ServerSocket(port, 1, loopback)) {
        HELD.add(new DatagramSocket(port, loopback));
        return free.getLocalPort();
      } catch (BindException taken) {
        // The next one.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
