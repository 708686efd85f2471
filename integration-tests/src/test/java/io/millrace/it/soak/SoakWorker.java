package io.millrace.it.soak;

/** One part of the load, on a thread of its own. */
interface SoakWorker {
  /** Works until it is stopped; what it throws ends the run. */
  void run(SoakStop stop) throws Exception;
}
