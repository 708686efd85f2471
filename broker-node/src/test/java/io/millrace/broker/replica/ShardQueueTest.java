package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ShardQueueTest {
  private record Task(long bytes) implements ShardTask {
    @Override
    public void run() {}
  }

  @Test
  void refusesRequestsOverTheNumberUntilSomeAreTaken() throws Exception {
    ShardQueue queue = new ShardQueue(new ShardLimits(2, 1_000, 1));
    assertThat(queue.offer(new Task(1))).isTrue();
    assertThat(queue.offer(new Task(1))).isTrue();
    assertThat(queue.offer(new Task(1))).isFalse();

    queue.take(new ArrayList<>(), 0);

    assertThat(queue.offer(new Task(1))).isTrue();
  }

  @Test
  void refusesRequestsOverTheBytesButTakesOneOfAnySize() throws Exception {
    ShardQueue queue = new ShardQueue(new ShardLimits(100, 1_000, 100));
    assertThat(queue.offer(new Task(5_000))).isTrue();
    assertThat(queue.offer(new Task(1))).isFalse();
    queue.take(new ArrayList<>(), 0);
    assertThat(queue.offer(new Task(600))).isTrue();
    assertThat(queue.offer(new Task(401))).isFalse();
    assertThat(queue.offer(new Task(400))).isTrue();
  }

  @Test
  void neverRefusesWhatTheShardMustHear() throws Exception {
    ShardQueue queue = new ShardQueue(new ShardLimits(1, 1, 100));
    List<ShardTask> taken = new ArrayList<>();
    queue.offer(new Task(1));
    queue.put(new Task(1));
    queue.put(new Task(1));

    queue.take(taken, 0);

    assertThat(taken).hasSize(3);
  }

  @Test
  void takesInOrderAndNoMoreThanARun() throws Exception {
    ShardQueue queue = new ShardQueue(new ShardLimits(100, 1_000, 2));
    List<ShardTask> tasks = List.of(new Task(1), new Task(2), new Task(3));
    tasks.forEach(queue::put);
    List<ShardTask> taken = new ArrayList<>();

    queue.take(taken, 0);
    assertThat(taken).isEqualTo(tasks.subList(0, 2));
    taken.clear();
    queue.take(taken, 0);
    assertThat(taken).isEqualTo(tasks.subList(2, 3));
  }

  @Test
  void aRunOfLargeBatchesEndsSooner() throws Exception {
    ShardQueue queue = new ShardQueue(new ShardLimits(100, Long.MAX_VALUE, 100));
    for (int i = 0; i < 5; i++) {
      queue.put(new Task(ShardQueue.RUN_BYTES - 1));
    }
    List<ShardTask> taken = new ArrayList<>();

    queue.take(taken, 0);

    assertThat(taken).hasSize(2);
  }

  @Test
  void takesNothingInOnceItIsClosed() throws Exception {
    ShardQueue queue = new ShardQueue(new ShardLimits(100, 1_000, 100));
    Task last = new Task(0);
    queue.close(last);
    queue.put(new Task(1));
    assertThat(queue.offer(new Task(1))).isFalse();
    List<ShardTask> taken = new ArrayList<>();

    queue.take(taken, 0);

    assertThat(taken).containsExactly(last);
  }

  @Test
  void everyTaskOfManyThreadsComesOutOnceAndInItsThreadsOrder() throws Exception {
    ShardQueue queue = new ShardQueue(new ShardLimits(64, Long.MAX_VALUE, 16));
    int threads = 4;
    int each = 5_000;
    CountDownLatch begin = new CountDownLatch(1);
    for (int t = 0; t < threads; t++) {
      int thread = t;
      new Thread(
              () -> {
                try {
                  begin.await();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
                for (int i = 0; i < each; i++) {
                  while (!queue.offer(new Task((long) thread << 16 | i))) {
                    Thread.onSpinWait();
                  }
                }
              })
          .start();
    }
    begin.countDown();
    List<ShardTask> taken = new ArrayList<>();
    while (taken.size() < threads * each) {
      List<ShardTask> run = new ArrayList<>();
      queue.take(run, 1_000);
      taken.addAll(run);
    }

    int[] next = new int[threads];
    for (ShardTask task : taken) {
      int thread = (int) (task.bytes() >> 16);
      assertThat(task.bytes() & 0xffff).isEqualTo(next[thread]++);
    }
  }

  @Test
  void aTaskThatComesAfterTheEndIsToldSo() throws Exception {
    ShardQueue queue = new ShardQueue(new ShardLimits(100, 1_000, 100));
    List<String> told = new ArrayList<>();
    queue.close(new Task(1));

    queue.put(
        new ShardTask() {
          @Override
          public void run() {
            told.add("run");
          }

          @Override
          public void dropped() {
            told.add("dropped");
          }
        });

    List<ShardTask> taken = new ArrayList<>();
    queue.take(taken, 0);
    assertThat(taken).hasSize(1);
    assertThat(told).containsExactly("dropped");
  }
}
