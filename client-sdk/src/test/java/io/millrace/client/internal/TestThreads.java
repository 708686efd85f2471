package io.millrace.client.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/** A client's threads, as tests want them. */
final class TestThreads {
  private TestThreads() {}

  /** With a thread for groups that begins only if there is one. */
  static GroupMember.Threads withHelper(Executor helper) {
    ScheduledThreadPoolExecutor groups =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "groups");
              thread.setDaemon(true);
              return thread;
            });
    return new GroupMember.Threads(groups, helper);
  }
}
