package io.millrace.common.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Runs of free ports on loopback, drawn below the range that systems give to outgoing connections,
 * so that a node that is started again finds its ports free. What was drawn anywhere is not drawn
 * again, by this process or another, for as long as this one lives: while nobody listens on it, the
 * UDP port of the same number is taken. Thread-safe.
 */
public final class FreePorts {
  private static final int LOWEST = 20_000;
  private static final int HIGHEST = 32_000;
  private static final int HIGHEST_PORT = 65_535;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Never closed: the end of the process gives them back. Guarded by itself. */
  private static final List<DatagramSocket> HELD = new ArrayList<>();

  private FreePorts() {}

  /** The first of {@code count} free ports in a row, anywhere. */
  public static int inARow(int count) {
    while (true) {
      int first = LOWEST + RANDOM.nextInt(HIGHEST - LOWEST);
      if (areFree(first, count) && hold(first, count)) {
        return first;
      }
    }
  }

  /** Whether nobody had drawn one of them before. */
  static boolean hold(int first, int count) {
    List<DatagramSocket> held = new ArrayList<>();
    try {
      for (int port = first; port < first + count; port++) {
        held.add(new DatagramSocket(port, InetAddress.getLoopbackAddress()));
      }
    } catch (BindException taken) {
      held.forEach(DatagramSocket::close);
      return false;
    } catch (SocketException e) {
      held.forEach(DatagramSocket::close);
      throw new UncheckedIOException("UDP port " + first + " can't be held", e);
    }
    synchronized (HELD) {
      HELD.addAll(held);
    }
    return true;
  }

  /**
   * The first of {@code count} free ports in a row, as near after a port as can be; they are not
   * held.
   *
   * @param step how far the tries lie from each other
   * @return empty if there are none
   */
  public static OptionalInt inARowFrom(int port, int step, int count) {
    for (int first = port; first + count <= HIGHEST_PORT; first += step) {
      if (areFree(first, count)) {
        return OptionalInt.of(first);
      }
    }
    return OptionalInt.empty();
  }

  /** Whether {@code count} ports in a row are free. */
  static boolean areFree(int first, int count) {
    return IntStream.range(first, first + count).allMatch(FreePorts::isFree);
  }

  /** Whether nobody listens on a port of loopback. */
  public static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (BindException taken) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
