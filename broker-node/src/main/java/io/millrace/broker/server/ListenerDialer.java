package io.millrace.broker.server;

import io.millrace.metadata.ControllerSessions;
import io.millrace.metadata.image.Endpoint;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Asks brokers' internal listeners whether they refuse a connection, on a few threads that end when
 * there is nothing to ask. Thread-safe.
 */
final class ListenerDialer implements ControllerSessions.Prober, AutoCloseable {
  /** So many silent listeners hold up the others at most. */
  private static final int THREADS = 16;

  private static final int IDLE_SECONDS = 5;

  /** Who takes longer does not refuse: that is left to the session's time-out. */
  private static final int TIMEOUT_MS = 1_000;

  private final ThreadPoolExecutor threads;

  ListenerDialer(UncaughtThrowables uncaught) {
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread dialing = new Thread(task, "listener-dialer");
              dialing.setDaemon(true);
              dialing.setUncaughtExceptionHandler(uncaught);
              return dialing;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    threads.allowCoreThreadTimeOut(true);
  }

  /** After closing, nobody is dialled. */
  @Override
  public void probe(Endpoint listener, Consumer<Boolean> refused) {
    threads.execute(() -> refused.accept(refuses(listener)));
  }

  private static boolean refuses(Endpoint listener) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(listener.host(), listener.port()), TIMEOUT_MS);
      return false;
    } catch (ConnectException e) {
      return String.valueOf(e.getMessage()).contains("refused");
    } catch (IOException e) {
      return false; // Nothing is known of the process.
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
