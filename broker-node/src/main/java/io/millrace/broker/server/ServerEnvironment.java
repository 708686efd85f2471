package io.millrace.broker.server;

import io.millrace.common.fault.FaultHandler;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.time.Clock;
import io.millrace.common.time.SystemClock;

/**
 * What a server takes from its surroundings.
 *
 * @param store the disk
 * @param clock the machine's clocks
 * @param faults told of broken invariants
 */
public record ServerEnvironment(FileStore store, Clock clock, FaultHandler faults) {
  /** The real disk and clocks; a broken invariant halts the process. */
  public static ServerEnvironment ofProcess() {
    return new ServerEnvironment(
        new RealFileStore(), new SystemClock(), HaltingFaultHandler.ofProcess());
  }
}
