package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SerialTaskTest {
  @Test
  void callsBeforeARunBecomeOneAndACallDuringARunLeadsToOneMore() {
    Queue<Runnable> executor = new ArrayDeque<>();
    AtomicInteger runs = new AtomicInteger();
    SerialTask[] self = new SerialTask[1];
    self[0] =
        new SerialTask(
            executor::add,
            () -> {
              if (runs.incrementAndGet() == 1) {
                self[0].call();
                self[0].call();
              }
            });
    self[0].call();
    self[0].call();
    assertThat(executor).hasSize(1);
    executor.remove().run();
    assertThat(executor).hasSize(1);
    executor.remove().run();
    assertThat(executor).isEmpty();
    assertThat(runs).hasValue(2);
    self[0].call();
    assertThat(executor).hasSize(1);
  }

  @Test
  void aTaskThatThrowsGoesOnWithTheNextCallAndTellsItsExecutor() {
    Queue<Runnable> executor = new ArrayDeque<>();
    AtomicInteger runs = new AtomicInteger();
    SerialTask[] self = new SerialTask[1];
    self[0] =
        new SerialTask(
            executor::add,
            () -> {
              if (runs.incrementAndGet() < 3) {
                if (runs.get() == 1) {
                  self[0].call();
                }
                throw new OutOfMemoryError("in run " + runs);
              }
            });

    self[0].call();
    assertThatThrownBy(() -> executor.remove().run()).isInstanceOf(OutOfMemoryError.class);
    assertThatThrownBy(() -> executor.remove().run()).hasMessage("in run 2");
    assertThat(executor).isEmpty();
    self[0].call();
    executor.remove().run();

    assertThat(runs).hasValue(3);
  }

  @Test
  void neverRunsTwiceAtATimeAndMissesNoCall() throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger overlaps = new AtomicInteger();
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger seen = new AtomicInteger();
    SerialTask task =
        new SerialTask(
            threads,
            () -> {
              overlaps.addAndGet(inside.incrementAndGet() - 1);
              seen.set(asked.get());
              inside.decrementAndGet();
            });
    for (int i = 0; i < 20_000; i++) {
      asked.incrementAndGet();
      task.call();
    }
    org.awaitility.Awaitility.await().until(() -> seen.get() == 20_000);
    threads.shutdown();
    assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    assertThat(overlaps).hasValue(0);
  }
}
