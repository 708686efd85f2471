package io.millrace.it.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between those who dial one listener and that listener. Three threads for each connection,
 * one for the door. Thread-safe.
 *
 * <p>What a held gate does is what a network does that loses packets: connections stay, bytes wait
 * (TCP would send them again), a new connection is neither refused nor answered. A cut is what a
 * machine does that ends: connections are reset, new ones refused.
 */
final class LinkProxy implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int BACKLOG = 50;

  private final InetSocketAddress door;
  private final InetSocketAddress target;

  /** From those who dial to the listener. */
  private final LinkGate forth;

  private final LinkGate back;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  private volatile boolean cut;

  /** The door, while it is open. Guarded by this. */
  private ServerSocket listening;

  /** Who waits at it: the port is taken for as long. Guarded by this. */
  private Thread accepting;

  /**
   * Opens the door.
   *
   * @param door where it is to listen
   * @param target where it sends everybody
   * @param forth asked before bytes go to the target
   * @param back asked before bytes come from there
   */
  LinkProxy(InetSocketAddress door, InetSocketAddress target, LinkGate forth, LinkGate back)
      throws IOException {
    this.door = door;
    this.target = target;
    this.forth = forth;
    this.back = back;
    ServerSocket opened = listen();
    this.listening = opened;
    this.accepting = start("door", () -> accept(opened));
  }

  private ServerSocket listen() throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.setReuseAddress(true);
    socket.bind(door, BACKLOG);
    return socket;
  }

  private void accept(ServerSocket from) {
    while (!from.isClosed()) {
      try {
        Socket near = from.accept();
        sockets.add(near);
        start("dial", () -> connect(near));
      } catch (IOException cut) {
        // The door is closed, or nobody is there any more.
      }
    }
  }

  private void connect(Socket near) {
    if (!forth.pass() || !back.pass() || cut) {
      reset(near);
      return;
    }
    Socket far = new Socket();
    sockets.add(far);
    try {
      far.setTcpNoDelay(true);
      near.setTcpNoDelay(true);
      if (!cut) {
        far.connect(target);
        start("back", () -> pump(far, near, back));
        pump(near, far, forth);
      }
    } catch (IOException refused) {
      // As when nobody listens: the connection ends.
    }
    reset(near);
    reset(far);
  }

  /** Carries bytes until one end is gone, and tells the other end as soon as the link lets it. */
  private void pump(Socket from, Socket to, LinkGate gate) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0 && gate.pass(); read = in.read(buffer)) {
        out.write(buffer, 0, read);
      }
      gate.pass();
      end(from, to);
    } catch (IOException lost) {
      gate.pass();
      reset(from);
      reset(to);
    }
  }

  /** What was written before is still delivered. */
  private void end(Socket from, Socket to) throws IOException {
    sockets.remove(from);
    sockets.remove(to);
    to.close();
    from.close();
  }

  private void reset(Socket socket) {
    if (sockets.remove(socket)) {
      try {
        socket.setSoLinger(true, 0);
        socket.close();
      } catch (IOException closed) {
        // It is what was wanted.
      }
    }
  }

  /** Resets all connections and refuses new ones. */
  synchronized void cut() {
    cut = true;
    try {
      listening.close();
      accepting.join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    sockets.forEach(this::reset);
  }

  /** Takes connections again after a {@link #cut}. */
  synchronized void mend() {
    if (cut) {
      cut = false;
      try {
        ServerSocket opened = listen();
        listening = opened;
        accepting = start("door", () -> accept(opened));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private Thread start(String what, Runnable task) {
    Thread thread = new Thread(task, "link-" + what + "-" + door.getPort());
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  @Override
  public void close() {
    forth.close();
    back.close();
    cut();
  }
}
