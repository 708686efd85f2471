package io.millrace.broker.server;

import io.millrace.common.config.EffectiveConfig;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that requests wait and read on; partitions and the quorum have their own. Immutable.
 *
 * @param timers for tasks that only wake others
 * @param fetch for what reads from the disk
 * @param dialer asks other nodes' listeners for a connection
 */
record NodeThreads(TimerThread timers, ExecutorService fetch, ListenerDialer dialer) {

  /** Starts them; each stands in the {@link Startup} to be ended. */
  static NodeThreads start(EffectiveConfig config, UncaughtThrowables uncaught, Startup startup) {
    TimerThread timers = new TimerThread("timers", uncaught);
    startup.opened("timers", timers::close);
    int configured = config.get(StorageSettings.FETCH_THREADS);
    int fetchCount = configured > 0 ? configured : 2 * Runtime.getRuntime().availableProcessors();
    ExecutorService fetch = fetchThreads(fetchCount, uncaught);
    startup.opened("fetch threads", fetch::shutdownNow);
    ListenerDialer dialer = new ListenerDialer(uncaught);
    startup.opened("listener dialer", dialer::close);
    return new NodeThreads(timers, fetch, dialer);
  }

  private static ExecutorService fetchThreads(int threads, UncaughtThrowables uncaught) {
    AtomicInteger number = new AtomicInteger();
    return Executors.newFixedThreadPool(
        threads,
        task -> {
          Thread thread = new Thread(task, "fetch-" + number.incrementAndGet());
          thread.setDaemon(true);
          thread.setUncaughtExceptionHandler(uncaught);
          return thread;
        });
  }
}
