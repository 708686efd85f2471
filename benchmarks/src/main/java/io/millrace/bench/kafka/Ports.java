package io.millrace.bench.kafka;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Free ports on loopback, below the range that systems give to outgoing connections. */
final class Ports {
  private static final int LOWEST = 20_000;
  private static final int HIGHEST = 32_000;
  private static final int STEP = 37;

  /** Where to look next: two runs at a time hardly ever look at the same ones. */
  private int next = (int) (ProcessHandle.current().pid() * STEP % (HIGHEST - LOWEST));

  /** The first of some free ports in a row. */
  int inARow(int count) {
    while (true) {
      int first = LOWEST + next;
      next = (next + STEP) % (HIGHEST - LOWEST);
      int free = 0;
      while (free < count && isFree(first + free)) {
        free++;
      }
      if (free == count) {
        return first;
      }
    }
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
