package io.millrace.it.soak;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** What was seen of one process in one span of the run. Confined to one thread. */
final class SoakWindow {
  private final List<ProcessSample> samples = new ArrayList<>();

  /** What is under way comes on top of what is held, and goes: the least counts. */
  private OptionalLong leastHeapKb = OptionalLong.empty();

  /** Looks at the process, and at its heap. */
  void look(ProcessProbe probe) throws IOException, InterruptedException {
    samples.add(probe.sample());
    long heapKb = probe.liveHeapKb();
    leastHeapKb = OptionalLong.of(Math.min(heapKb, leastHeapKb.orElse(heapKb)));
  }

  List<ProcessSample> samples() {
    return samples;
  }

  /** The least that was left on the heap; fails when nobody looked. */
  long leastHeapKb() {
    return leastHeapKb.orElseThrow(() -> new IllegalStateException("no samples in a window"));
  }
}
