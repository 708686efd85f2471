package io.millrace.broker.rpc;

import io.grpc.Context;
import io.grpc.Deadline;
import java.util.concurrent.TimeUnit;

/** How long a call may take. */
final class Deadlines {
  private Deadlines() {}

  /**
   * What is left of the call's deadline, at most the bound, at least 1.
   *
   * @param boundMs the server's bound in milliseconds
   */
  static long capMs(long boundMs) {
    Deadline deadline = Context.current().getDeadline();
    if (deadline == null) {
      return boundMs;
    }
    return Math.max(1, Math.min(boundMs, deadline.timeRemaining(TimeUnit.MILLISECONDS)));
  }
}
