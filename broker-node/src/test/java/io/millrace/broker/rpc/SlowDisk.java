package io.millrace.broker.rpc;

import io.millrace.common.file.FaultPlan;
import io.millrace.common.file.FaultPlan.Operation;
import io.millrace.common.file.FaultyFileStore;
import io.millrace.common.file.FileStore;
import io.millrace.common.file.RealFileStore;
import java.util.concurrent.CountDownLatch;

/** A disk whose syncs of segments wait until the test lets them go. */
final class SlowDisk {
  final FaultPlan plan = new FaultPlan();
  final FileStore store = new FaultyFileStore(new RealFileStore(), plan);
  private volatile CountDownLatch gate = new CountDownLatch(0);

  SlowDisk() {
    plan.on(Operation.FORCE).path("**.log").run(this::pass);
  }

  void hold() {
    gate = new CountDownLatch(1);
  }

  void release() {
    gate.countDown();
  }

  private void pass() {
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
