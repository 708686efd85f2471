package io.millrace.broker.log.dir;

/** Told when a data directory goes offline. */
public interface DataDirListener {
  /** Called once, on the thread that found the failure; must not block. */
  void wentOffline(DataDir directory, DataDirFailure failure);
}
