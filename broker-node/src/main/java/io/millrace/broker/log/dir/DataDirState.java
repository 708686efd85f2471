package io.millrace.broker.log.dir;

/** Whether a data directory can be used. It never comes back online in the same process. */
public enum DataDirState {
  ONLINE,
  OFFLINE
}
