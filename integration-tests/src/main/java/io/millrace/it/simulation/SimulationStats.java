package io.millrace.it.simulation;

/** What runs went through. Confined to one thread. */
final class SimulationStats {
  int runs;
  long events;
  long kills;
  long powerLosses;
  long closes;
  long diskErrors;

  /** Disk errors of which another data directory knew nothing. */
  long loneDiskErrors;

  long forgottenProducers;
  long brokenConnections;
  long clockJumps;
  long duplicates;
  long retries;
  long lostBatches;
  long appendedBatches;

  /** Fewest events and faults of a run. */
  long fewestEvents = Long.MAX_VALUE;

  long fewestFaults = Long.MAX_VALUE;
  int runsWithCrash;
  int runsWithLoss;
  int runsWithDiskError;
  int runsWithDuplicate;
  int runsWithRetry;

  final ControllerStats controllers = new ControllerStats();
  final ClusterStats clusters = new ClusterStats();

  /** Takes in what a run of controllers went through. */
  void addControllerRun(ControllerStats run) {
    run.runs = 1;
    controllers.add(run);
  }

  /** The faults that happened, however planned. */
  long faults() {
    return kills + powerLosses + closes + diskErrors + brokenConnections + clockJumps;
  }

  /** Takes in the statistics of one run. */
  void addRun(SimulationStats run) {
    runs++;
    fewestEvents = Math.min(fewestEvents, run.events);
    fewestFaults = Math.min(fewestFaults, run.faults());
    runsWithCrash += run.kills + run.powerLosses > 0 ? 1 : 0;
    runsWithLoss += run.lostBatches > 0 ? 1 : 0;
    runsWithDiskError += run.diskErrors > 0 ? 1 : 0;
    runsWithDuplicate += run.duplicates > 0 ? 1 : 0;
    runsWithRetry += run.retries > 0 ? 1 : 0;
    addCounts(run);
  }

  /** Takes in the sums of another thread. */
  void addSums(SimulationStats other) {
    controllers.add(other.controllers);
    clusters.addSums(other.clusters);
    runs += other.runs;
    fewestEvents = Math.min(fewestEvents, other.fewestEvents);
    fewestFaults = Math.min(fewestFaults, other.fewestFaults);
    runsWithCrash += other.runsWithCrash;
    runsWithLoss += other.runsWithLoss;
    runsWithDiskError += other.runsWithDiskError;
    runsWithDuplicate += other.runsWithDuplicate;
    runsWithRetry += other.runsWithRetry;
    addCounts(other);
  }

  private void addCounts(SimulationStats other) {
    events += other.events;
    kills += other.kills;
    powerLosses += other.powerLosses;
    closes += other.closes;
    diskErrors += other.diskErrors;
    loneDiskErrors += other.loneDiskErrors;
    forgottenProducers += other.forgottenProducers;
    brokenConnections += other.brokenConnections;
    clockJumps += other.clockJumps;
    duplicates += other.duplicates;
    retries += other.retries;
    lostBatches += other.lostBatches;
    appendedBatches += other.appendedBatches;
  }
}
