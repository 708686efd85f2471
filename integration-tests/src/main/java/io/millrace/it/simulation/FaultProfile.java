package io.millrace.it.simulation;

import java.util.SplittableRandom;

/** What goes wrong most in a run of a cluster: weights of what a {@link ClusterTroubles} draws. */
enum FaultProfile {
  /** Processes die and come back. */
  KILLS,
  /** Machines lose their power. */
  POWER,
  /** The network is cut, one way or both. */
  CUTS,
  /** Nodes stand still for a while. */
  PAUSES,
  /** Disks fail. */
  DISKS,
  /** Somebody changes what there is to change. */
  CHANGES,
  /** A bit of everything. */
  MIXED;

  /** Kinds of faults. */
  enum Fault {
    KILL,
    POWER_LOSS,
    CUT,
    PAUSE,
    DISK_ERROR,
    CHANGE,
    ORDERLY_STOP
  }

  /** How often each kind is drawn, beside the others. */
  private record Weights(
      int kill, int powerLoss, int cut, int pause, int diskError, int change, int orderlyStop) {
    int of(Fault fault) {
      return switch (fault) {
        case KILL -> kill;
        case POWER_LOSS -> powerLoss;
        case CUT -> cut;
        case PAUSE -> pause;
        case DISK_ERROR -> diskError;
        case CHANGE -> change;
        case ORDERLY_STOP -> orderlyStop;
      };
    }
  }

  private Weights weights() {
    return switch (this) {
      case KILLS -> new Weights(12, 2, 1, 1, 1, 1, 1);
      case POWER -> new Weights(2, 12, 1, 1, 1, 1, 1);
      case CUTS -> new Weights(2, 1, 12, 3, 1, 1, 1);
      case PAUSES -> new Weights(2, 1, 2, 12, 1, 1, 1);
      case DISKS -> new Weights(2, 2, 1, 1, 10, 1, 1);
      case CHANGES -> new Weights(3, 2, 1, 2, 1, 8, 3);
      case MIXED -> new Weights(3, 3, 3, 3, 2, 2, 2);
    };
  }

  static FaultProfile draw(SplittableRandom random) {
    return values()[random.nextInt(values().length)];
  }

  Fault drawFault(SplittableRandom random) {
    Weights weights = weights();
    int sum = 0;
    for (Fault fault : Fault.values()) {
      sum += weights.of(fault);
    }
    int drawn = random.nextInt(sum);
    for (Fault fault : Fault.values()) {
      drawn -= weights.of(fault);
      if (drawn < 0) {
        return fault;
      }
    }
    throw new IllegalStateException("drawn: " + drawn + " (expected: below " + sum + ")");
  }
}
