package io.millrace.it.simulation;

/** What runs of controllers went through. Confined to one thread. */
final class ControllerStats {
  int runs;
  long entries;
  long elections;
  long restarts;
  long brokerDeaths;
  long uncleanReturns;
  long controlledShutdowns;
  long oddEntries;
  long isrChanges;
  long uncleanElections;
  long commands;
  long failovers;

  /** Entries after which the change of a broker went on. */
  long partsOfChanges;

  /** Entries that finished what was left half done. */
  long repairs;

  /** Takes in the counts of others. */
  void add(ControllerStats other) {
    runs += other.runs;
    entries += other.entries;
    elections += other.elections;
    restarts += other.restarts;
    brokerDeaths += other.brokerDeaths;
    uncleanReturns += other.uncleanReturns;
    controlledShutdowns += other.controlledShutdowns;
    oddEntries += other.oddEntries;
    isrChanges += other.isrChanges;
    uncleanElections += other.uncleanElections;
    commands += other.commands;
    failovers += other.failovers;
    partsOfChanges += other.partsOfChanges;
    repairs += other.repairs;
  }

  /** For a person. */
  String describe() {
    int each = Math.max(1, runs);
    return "controllers: runs %,d, entries %,d (%,d a run), elections of controllers %,d, their restarts %,d, entries lost, untold or late %,d; brokers: deaths %,d, unclean returns %,d, orderly stops %,d; partitions: leader changes %,d, ISR changes %,d, unclean elections %,d; administrator's commands %,d; parts of changes of brokers %,d, of repairs %,d"
        .formatted(
            runs,
            entries,
            entries / each,
            elections,
            restarts,
            oddEntries,
            brokerDeaths,
            uncleanReturns,
            controlledShutdowns,
            failovers,
            isrChanges,
            uncleanElections,
            commands,
            partsOfChanges,
            repairs);
  }
}
