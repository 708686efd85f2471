package io.millrace.it.faults;

/** What is done to a node. */
enum FaultKind {
  /** kill -9 of a node that leads and whose controller is not the active one. */
  KILL_LEADER,
  /** kill -9 of the node that leads least and whose controller is not the active one. */
  KILL_FOLLOWER,
  /** kill -9 of the node whose controller is the active one. */
  KILL_CONTROLLER,
  /** SIGTERM. */
  STOP,
  /** SIGSTOP, and SIGCONT later. */
  PAUSE,
  /** Its connections to the other nodes are reset, and refused. */
  CUT,
  /** Neither other nodes nor clients hear of it or are heard. */
  SILENCE,
  /** Other nodes do not hear it, and it hears them. */
  MUTE,
  /** It does not hear other nodes, and they hear it. */
  DEAFEN;

  boolean kills() {
    return this == KILL_LEADER || this == KILL_FOLLOWER || this == KILL_CONTROLLER;
  }
}
