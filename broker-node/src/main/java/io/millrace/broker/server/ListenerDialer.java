package io.millrace.broker.server;

import io.millrace.metadata.ControllerUpkeep;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.Endpoint;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/**
 * Asks brokers' internal listeners whether they refuse a connection, one after the other on a
 * thread of its own. Thread-safe.
 */
final class ListenerDialer implements ControllerUpkeep.Dialer, AutoCloseable {
  /** Who takes longer does not refuse: that is left to the session's time-out. */
  private static final int TIMEOUT_MS = 1_000;

  private final ExecutorService thread;

  ListenerDialer(UncaughtThrowables uncaught) {
    thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread dialing = new Thread(task, "listener-dialer");
              dialing.setDaemon(true);
              dialing.setUncaughtExceptionHandler(uncaught);
              return dialing;
            });
  }

  /** After closing, nobody is dialled. */
  @Override
  public void dial(BrokerImage broker, Runnable refused) {
    broker
        .internalEndpoint()
        .ifPresent(
            listener -> {
              try {
                thread.execute(() -> dial(listener, refused));
              } catch (RejectedExecutionException closed) {
                // Nobody wants to know any more.
              }
            });
  }

  private static void dial(Endpoint listener, Runnable refused) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(listener.host(), listener.port()), TIMEOUT_MS);
    } catch (ConnectException e) {
      if (String.valueOf(e.getMessage()).contains("refused")) {
        refused.run();
      }
    } catch (IOException e) {
      // Nothing is known of the process.
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
