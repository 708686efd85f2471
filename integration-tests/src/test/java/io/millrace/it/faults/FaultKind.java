package io.millrace.it.faults;

/** What is done to a node. */
enum FaultKind {
  /** kill -9 of a node that leads and whose controller is not the active one. */
  KILL_LEADER,
  /** kill -9 of the node that leads least and whose controller is not the active one. */
  KILL_FOLLOWER,
  /** kill -9 of the node whose controller is the active one. */
  KILL_CONTROLLER,
  /**
   * kill -9 of a node that leads, then of the one that leads next, before the first is back: one of
   * three lives, and there is no controller.
   */
  DOUBLE_KILL,
  /** SIGTERM. */
  STOP,
  /** SIGSTOP, and SIGCONT later. */
  PAUSE,
  /** Its connections to the other nodes are reset, and refused. */
  CUT,
  /**
   * Nobody reaches a leader's internal listener until it is the only one in sync for what it leads,
   * while it reaches the controller and clients reach it: acks=all is refused.
   */
  ISR_TOO_SMALL,
  /** Neither other nodes nor clients hear of it or are heard. */
  SILENCE,
  /** Other nodes do not hear it, and it hears them. */
  MUTE,
  /** It does not hear other nodes, and they hear it. */
  DEAFEN;

  boolean kills() {
    return switch (this) {
      case KILL_LEADER, KILL_FOLLOWER, KILL_CONTROLLER, DOUBLE_KILL -> true;
      case STOP, PAUSE, CUT, ISR_TOO_SMALL, SILENCE, MUTE, DEAFEN -> false;
    };
  }
}
