package io.millrace.broker.replica;

import java.util.Collection;
import java.util.List;

/** Tells where this broker's logs lie, and how large they are. Thread-safe. */
public interface LogDirSource {
  /** The directories that could be opened at the start. */
  List<LogDirUse> logDirs();

  /** The logs that are open, in no order. */
  Collection<ReplicaUse> replicas();
}
