package io.millrace.it.simulation;

/** The process ends here, in the middle of whatever it did. Nobody but the simulator catches it. */
final class CrashSignal extends Error {
  private static final long serialVersionUID = 1L;

  CrashSignal() {
    super("the simulated process ended", null, false, false);
  }
}
