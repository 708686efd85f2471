package io.millrace.broker.server;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads of each log directory for itself, so that a disk that hangs holds up nobody else's. They
 * are started as they are needed, and end when they are not. Thread-safe.
 */
final class DirectoryThreads implements AutoCloseable {
  private static final long IDLE_SECONDS = 60;

  private final String name;
  private final int threads;
  private final UncaughtThrowables uncaught;
  private final AtomicInteger number = new AtomicInteger();
  private final Map<UUID, ThreadPoolExecutor> pools = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * No directory has any yet.
   *
   * @param threads the most of each directory
   */
  DirectoryThreads(String name, int threads, UncaughtThrowables uncaught) {
    this.name = name;
    this.threads = threads;
    this.uncaught = uncaught;
  }

  /** Those of a directory; after closing they do nothing. */
  Executor of(UUID directory) {
    ThreadPoolExecutor pool = pools.computeIfAbsent(directory, id -> pool());
    if (closed) {
      pool.shutdownNow();
    }
    return pool;
  }

  private ThreadPoolExecutor pool() {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
              thread.setDaemon(true);
              thread.setUncaughtExceptionHandler(uncaught);
              return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  @Override
  public void close() {
    closed = true;
    pools.values().forEach(ThreadPoolExecutor::shutdownNow);
  }
}
