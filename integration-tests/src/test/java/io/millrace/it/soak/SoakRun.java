package io.millrace.it.soak;

import io.millrace.common.time.Clock;
import io.millrace.it.cluster.BrokerProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Lets the load run and looks at both processes meanwhile. Confined to one thread. */
final class SoakRun {
  private static final int LINES = 30;

  private final SoakPlan plan;
  private final Clock clock;
  private final PrintStream out;
  private final SoakStop stop = new SoakStop();

  /** A process and what was seen of it. */
  private static final class Watched {
    private final String name;
    private final ProcessProbe probe;
    private final SoakWindow baseline = new SoakWindow();
    private final SoakWindow last = new SoakWindow();

    Watched(String name, ProcessProbe probe) {
      this.name = name;
      this.probe = probe;
    }
  }

  SoakRun(SoakPlan plan, Clock clock, PrintStream out) {
    this.plan = plan;
    this.clock = clock;
    this.out = out;
  }

  /** Runs it all; returns whether all is well, and has told what is not. */
  boolean run(BrokerProcess broker) throws IOException, InterruptedException {
    List<Watched> all =
        List.of(
            new Watched("broker", ProcessProbe.of(broker)),
            new Watched("load", ProcessProbe.ofThis()));
    try (SoakLoad load = new SoakLoad(broker.bootstrap(), clock, stop)) {
      load.start();
      load.awaitSteady();
      long startMs = clock.monotonicMs();
      double startMb = load.acknowledgedMb();
      watch(all, load);
      double seconds = Math.max(1, clock.monotonicMs() - startMs) / 1e3;
      out.printf(
          "%n%.1f MB/s of values (wanted: %.0f; less if the machine had other work)%n",
          (load.acknowledgedMb() - startMb) / seconds, load.wantedMbPerSecond());
      boolean compared = compare(all);
      load.finish();
      out.println("\n" + load.done());
      stop.failure().ifPresent(what -> out.println("FAILED: " + what));
      return compared && stop.failure().isEmpty();
    }
  }

  private void watch(List<Watched> all, SoakLoad load) throws IOException, InterruptedException {
    long startMs = clock.monotonicMs();
    long told = -1;
    Duration passed = Duration.ZERO;
    while (passed.compareTo(plan.total()) < 0 && !stop.await(plan.sampleInterval())) {
      passed = Duration.ofMillis(clock.monotonicMs() - startMs);
      for (Watched process : all) {
        take(process, passed);
      }
      long line = passed.toMillis() * LINES / plan.total().toMillis();
      if (line != told) {
        told = line;
        tell(all, passed, load.done());
      }
    }
  }

  private void take(Watched process, Duration passed) throws IOException, InterruptedException {
    Duration baselineEnd = plan.baselineStart().plus(plan.window());
    if (passed.compareTo(plan.finalStart()) >= 0) {
      process.last.look(process.probe);
    } else if (passed.compareTo(plan.baselineStart()) >= 0 && passed.compareTo(baselineEnd) < 0) {
      process.baseline.look(process.probe);
    }
  }

  private void tell(List<Watched> all, Duration passed, Map<String, Long> done)
      throws IOException, InterruptedException {
    StringBuilder line = new StringBuilder("%5d s".formatted(passed.toSeconds()));
    for (Watched process : all) {
      ProcessSample now = process.probe.sample();
      line.append(
          "  %s %d MB, direct %d MB, %d descriptors, %d threads;"
              .formatted(
                  process.name,
                  now.residentKb() >> 10,
                  now.directKb() >> 10,
                  now.descriptors(),
                  now.threads()));
    }
    out.println(line + "  " + done);
  }

  private boolean compare(List<Watched> all) throws IOException, InterruptedException {
    if (stop.failure().isPresent()) {
      return false;
    }
    SoakVerdict verdict = new SoakVerdict(plan.tolerance());
    for (Watched process : all) {
      verdict.compare(process.name, process.baseline.samples(), process.last.samples());
      verdict.compareHeap(process.name, process.baseline.leastHeapKb(), process.last.leastHeapKb());
    }
    out.println("\n" + verdict);
    return verdict.passes();
  }
}
