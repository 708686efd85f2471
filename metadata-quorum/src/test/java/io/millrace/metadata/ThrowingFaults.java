package io.millrace.metadata;

import io.millrace.common.fault.FaultHandler;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Remembers faults, and throws them where they are found. */
public final class ThrowingFaults implements FaultHandler {
  private final List<String> faults = new CopyOnWriteArrayList<>();

  @Override
  public RuntimeException fatal(String message, @Nullable Throwable cause) {
    faults.add(message + (cause == null ? "" : ": " + cause));
    return new IllegalStateException(message, cause);
  }

  /** What was reported so far. */
  public List<String> faults() {
    return faults;
  }
}
