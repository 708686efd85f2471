package io.millrace.bench.kafka;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Random;

/** Free ports on loopback, below the range that systems give to outgoing connections. */
final class Ports {
  private static final int LOWEST = 20_000;
  private static final int HIGHEST = 32_000;

  private final Random random = new Random();

  /** The first of some free ports in a row. */
  int inARow(int count) {
    while (true) {
      int first = LOWEST + random.nextInt(HIGHEST - LOWEST);
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
