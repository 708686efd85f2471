package io.millrace.it.simulation;

import java.util.EnumMap;
import java.util.Map;

/** What runs of clusters went through. Confined to one thread. */
final class ClusterStats {
  int runs;
  long events;
  long elections;
  long truncations;
  long isrShrinks;
  long lossyCrashes;
  long allowedLosses;
  long uncleanElections;
  long batches;
  long retries;
  long acknowledged;
  long logStartMoves;

  /** How often a client was told that records are deleted. */
  long deletions;

  final Map<FaultProfile.Fault, Long> faults = new EnumMap<>(FaultProfile.Fault.class);

  /** Fewest events and faults of a run. */
  long fewestEvents = Long.MAX_VALUE;

  long fewestFaults = Long.MAX_VALUE;
  int runsWithElection;
  int runsWithTruncation;
  int runsWithShrink;
  int runsWithLossyCrash;
  int runsWithLogStart;

  void count(FaultProfile.Fault fault) {
    faults.merge(fault, 1L, Long::sum);
  }

  long faultCount() {
    return faults.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Takes in what one run went through. */
  void addRun(ClusterStats run) {
    runs++;
    fewestEvents = Math.min(fewestEvents, run.events);
    fewestFaults = Math.min(fewestFaults, run.faultCount());
    runsWithElection += run.elections > 0 ? 1 : 0;
    runsWithTruncation += run.truncations > 0 ? 1 : 0;
    runsWithShrink += run.isrShrinks > 0 ? 1 : 0;
    runsWithLossyCrash += run.lossyCrashes > 0 ? 1 : 0;
    runsWithLogStart += run.logStartMoves > 0 ? 1 : 0;
    addCounts(run);
  }

  /** Takes in the sums of another thread. */
  void addSums(ClusterStats other) {
    runs += other.runs;
    fewestEvents = Math.min(fewestEvents, other.fewestEvents);
    fewestFaults = Math.min(fewestFaults, other.fewestFaults);
    runsWithElection += other.runsWithElection;
    runsWithTruncation += other.runsWithTruncation;
    runsWithShrink += other.runsWithShrink;
    runsWithLossyCrash += other.runsWithLossyCrash;
    runsWithLogStart += other.runsWithLogStart;
    addCounts(other);
  }

  private void addCounts(ClusterStats other) {
    events += other.events;
    elections += other.elections;
    truncations += other.truncations;
    isrShrinks += other.isrShrinks;
    lossyCrashes += other.lossyCrashes;
    allowedLosses += other.allowedLosses;
    uncleanElections += other.uncleanElections;
    batches += other.batches;
    retries += other.retries;
    acknowledged += other.acknowledged;
    logStartMoves += other.logStartMoves;
    deletions += other.deletions;
    other.faults.forEach((fault, count) -> faults.merge(fault, count, Long::sum));
  }

  /** For a person. */
  String describe() {
    int each = Math.max(1, runs);
    return String.join(
        "\n",
        "clusters: runs %,d, events %,d (%,d a run, at least %d), faults %,d (%.1f a run, at least %d): %s"
            .formatted(
                runs,
                events,
                events / each,
                fewestEvents,
                faultCount(),
                (double) faultCount() / each,
                fewestFaults,
                faults),
        "leader changes %,d, unclean ones %,d, truncations %,d, members gone from an ISR %,d, crashes with loss %,d; batches %,d, repeated %,d, acknowledged %,d, lost as the mode allows %,d"
            .formatted(
                elections,
                uncleanElections,
                truncations,
                isrShrinks,
                lossyCrashes,
                batches,
                retries,
                acknowledged,
                allowedLosses),
        "log starts moved %,d, clients told of deletions %,d".formatted(logStartMoves, deletions),
        "share of runs with an election %s, with a truncation %s, with an ISR shrink %s, with a crash with loss %s, with a log start that moves %s"
            .formatted(
                share(runsWithElection),
                share(runsWithTruncation),
                share(runsWithShrink),
                share(runsWithLossyCrash),
                share(runsWithLogStart)));
  }

  private String share(int part) {
    return "%.0f %%".formatted(100.0 * part / Math.max(1, runs));
  }
}
