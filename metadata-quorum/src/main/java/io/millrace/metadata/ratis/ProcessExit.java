package io.millrace.metadata.ratis;

import org.apache.ratis.util.ExitUtils;
import org.jspecify.annotations.Nullable;

/** Keeps Ratis from ending the process: that is the fault handler's to decide. */
final class ProcessExit {
  private ProcessExit() {}

  /**
   * Ratis ends the process, with its own words or none, when its port is taken; and, by an uncaught
   * exception handler that it sets for the whole process, when any thread of anyone's ends with an
   * exception. Both are turned off, and the handler that was there is put back.
   */
  static synchronized void leaveToUs() {
    Thread.@Nullable UncaughtExceptionHandler ours = Thread.getDefaultUncaughtExceptionHandler();
    ExitUtils.disableSystemExit();
    ExitUtils.setTerminateOnUncaughtException(false);
    Thread.setDefaultUncaughtExceptionHandler(ours);
  }
}
