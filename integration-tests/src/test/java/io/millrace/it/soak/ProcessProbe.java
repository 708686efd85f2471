package io.millrace.it.soak;

import io.millrace.it.cluster.BrokerProcess;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Looks at a process from outside: Linux only. */
interface ProcessProbe {
  /** What it holds now. */
  ProcessSample sample() throws IOException, InterruptedException;

  /** Which process. */
  long pid();

  /** What is left on its heap, in KB, at the end of a collection that this asks for. */
  default long liveHeapKb() throws IOException, InterruptedException {
    return LiveHeap.kb(pid());
  }

  /** This process. */
  static ProcessProbe ofThis() {
    return new ProcessProbe() {
      @Override
      public ProcessSample sample() throws IOException {
        long direct = 0;
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
          direct += pool.getName().equals("direct") ? pool.getMemoryUsed() / 1024 : 0;
        }
        return of(pid(), direct);
      }

      @Override
      public long pid() {
        return ProcessHandle.current().pid();
      }

      /** What the collection itself found: unlike the histogram, it is never left out. */
      @Override
      public long liveHeapKb() {
        ManagementFactory.getMemoryMXBean().gc();
        return ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getName().endsWith("Old Gen"))
            .mapToLong(pool -> pool.getCollectionUsage().getUsed() / 1024)
            .sum();
      }
    };
  }

  /** A broker; what the JVM knows comes from its metrics. */
  static ProcessProbe of(BrokerProcess broker) {
    return new ProcessProbe() {
      @Override
      public ProcessSample sample() throws IOException, InterruptedException {
        long direct = metricKb("jvm_buffer_memory_used_bytes\\{id=\"direct\"}");
        return ProcessProbe.of(pid(), direct);
      }

      @Override
      public long pid() {
        return broker.process().pid();
      }

      private long metricKb(String name) throws IOException, InterruptedException {
        double bytes = 0;
        Matcher matcher =
            Pattern.compile("(?m)^" + name + " (.*)$").matcher(broker.get("/metrics").body());
        while (matcher.find()) {
          bytes += Double.parseDouble(matcher.group(1));
        }
        return (long) (bytes / 1024);
      }
    };
  }

  private static ProcessSample of(long pid, long directKb) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    String status = Files.readString(process.resolve("status"));
    long descriptors;
    try (Stream<Path> open = Files.list(process.resolve("fd"))) {
      descriptors = open.count();
    }
    return new ProcessSample(
        number(status, "VmRSS"), descriptors, number(status, "Threads"), directKb);
  }

  private static long number(String status, String name) {
    Matcher matcher = Pattern.compile("(?m)^" + name + ":\\s+(\\d+)").matcher(status);
    if (!matcher.find()) {
      throw new IllegalStateException("no " + name + " in:\n" + status);
    }
    return Long.parseLong(matcher.group(1));
  }
}
