package io.millrace.broker.server;

import io.millrace.broker.group.GroupThreads;
import io.millrace.common.config.EffectiveConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that requests wait and read on; partitions and the quorum have their own. Immutable.
 *
 * @param timers for tasks that only wake others
 * @param relief for what is left when a thread that has other work too has done its share of
 *     something that never waits
 * @param fetch for what reads from the disk, all of which a hung disk may hold
 * @param replicaReads for what is read for followers
 * @param catchUpReads the same for those that are far behind
 * @param metadata for what looks through the metadata, which never waits
 * @param volumes asks how full the volumes are, which waits for their disks
 * @param dialer asks other nodes' listeners for a connection
 * @param groups for the coordinators of groups
 */
record NodeThreads(
    TimerThread timers,
    ExecutorService relief,
    ExecutorService fetch,
    DirectoryThreads replicaReads,
    DirectoryThreads catchUpReads,
    ExecutorService metadata,
    ExecutorService volumes,
    ListenerDialer dialer,
    GroupThreads groups) {
  private static final int METADATA_THREADS = 2;
  private static final int RELIEF_THREADS = 2;

  /** Starts them; each stands in the {@link Startup} to be ended. */
  static NodeThreads start(EffectiveConfig config, UncaughtThrowables uncaught, Startup startup) {
    TimerThread timers = new TimerThread("timers", uncaught);
    startup.opened("timers", timers::close);
    ThreadPoolExecutor relief = threads("relief", RELIEF_THREADS, uncaught);
    // Who brings something after the end does all of it: nothing is left undone.
    relief.setRejectedExecutionHandler((rest, closed) -> rest.run());
    startup.opened("relief threads", relief::shutdown);
    int configured = config.get(StorageSettings.FETCH_THREADS);
    int fetchCount = configured > 0 ? configured : 2 * Runtime.getRuntime().availableProcessors();
    ExecutorService fetch = threads("fetch", fetchCount, uncaught);
    startup.opened("fetch threads", fetch::shutdownNow);
    DirectoryThreads replicaReads =
        new DirectoryThreads("replica-read", replicaReaders(config), uncaught);
    startup.opened("threads that read for followers", replicaReads::close);
    DirectoryThreads catchUpReads = new DirectoryThreads("replica-catch-up", 1, uncaught);
    startup.opened("threads that read for followers far behind", catchUpReads::close);
    ExecutorService metadata = threads("metadata-reader", METADATA_THREADS, uncaught);
    startup.opened("metadata threads", metadata::shutdownNow);
    ExecutorService volumes = threads("volumes", 1, uncaught);
    startup.opened("volumes thread", volumes::shutdownNow);
    ListenerDialer dialer = new ListenerDialer(uncaught);
    startup.opened("listener dialer", dialer::close);
    GroupThreads groups = groups(config, uncaught, startup);
    return new NodeThreads(
        timers, relief, fetch, replicaReads, catchUpReads, metadata, volumes, dialer, groups);
  }

  private static GroupThreads groups(
      EffectiveConfig config, UncaughtThrowables uncaught, Startup startup) {
    int count = config.get(ConsumerGroupSettings.COORDINATOR_THREADS);
    AtomicInteger number = new AtomicInteger();
    List<Executor> coordinators = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ThreadPoolExecutor thread = threads("group", 1, number, uncaught);
      // What comes after the end finds nobody: every coordinator has resigned by then.
      thread.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
      startup.opened("a thread of coordinators", thread::shutdown);
      coordinators.add(thread);
    }
    ThreadPoolExecutor loaders = threads("group-load", count, uncaught);
    loaders.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    startup.opened("threads that read for coordinators", loaders::shutdownNow);
    return new GroupThreads(coordinators, loaders);
  }

  private static int replicaReaders(EffectiveConfig config) {
    int configured = config.get(ReplicationSettings.READ_THREADS);
    int processors = Runtime.getRuntime().availableProcessors();
    return configured > 0
        ? configured
        : Math.max(2, processors / config.get(NodeSettings.DATA_DIRS).size());
  }

  private static ThreadPoolExecutor threads(String name, int threads, UncaughtThrowables uncaught) {
    return threads(name, threads, new AtomicInteger(), uncaught);
  }

  private static ThreadPoolExecutor threads(
      String name, int threads, AtomicInteger number, UncaughtThrowables uncaught) {
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        task -> {
          Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
          thread.setDaemon(true);
          thread.setUncaughtExceptionHandler(uncaught);
          return thread;
        });
  }
}
