package io.millrace.bench.transfer;

import java.util.List;

/**
 * What one run of one kind took.
 *
 * @param megabytesPerSecond MB = 1,048,576 bytes
 * @param serverCpuSecondsPerGb CPU seconds of the server's process for 10^9 bytes
 * @param clientCpuSecondsPerGb the same of this process
 */
record Figures(
    double megabytesPerSecond, double serverCpuSecondsPerGb, double clientCpuSecondsPerGb) {
  static Figures median(List<Figures> runs) {
    return new Figures(
        median(runs.stream().mapToDouble(Figures::megabytesPerSecond).toArray()),
        median(runs.stream().mapToDouble(Figures::serverCpuSecondsPerGb).toArray()),
        median(runs.stream().mapToDouble(Figures::clientCpuSecondsPerGb).toArray()));
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    java.util.Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  String row() {
    return String.format(
        "%,.0f MB/s (CPU s/GB: server %.2f, client %.2f)",
        megabytesPerSecond, serverCpuSecondsPerGb, clientCpuSecondsPerGb);
  }
}
