package io.millrace.broker.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who handles events, how many, and that each is handled once. */
class EventRunsTest {
  private final List<Integer> handled = new ArrayList<>();
  private final Queue<Runnable> relief = new ArrayDeque<>();
  private int ends;
  private final EventRuns runs = new EventRuns(Runnable::run, () -> ends++, relief::add);

  private Runnable event(int number) {
    return () -> handled.add(number);
  }

  /** Somebody else brings events while one is handled, the first one of which is numbered 0. */
  private void bringDuringARun(int events) {
    runs.bring(() -> IntStream.range(0, events).forEach(each -> runs.bring(event(each))));
  }

  private static List<Integer> upTo(int events) {
    return IntStream.range(0, events).boxed().toList();
  }

  @Test
  void whoBringsOneHandlesItAndWhatComesMeanwhile() {
    bringDuringARun(3);

    assertThat(handled).isEqualTo(upTo(3));
    assertThat(relief).isEmpty();
    assertThat(ends).isEqualTo(1);
  }

  @Test
  void aThreadHandlesABoundedNumberAndLeavesTheRestToOthers() {
    int events = 10 * EventRuns.MOST_EVENTS;

    bringDuringARun(events);
    assertThat(handled).hasSize(EventRuns.MOST_EVENTS - 1);
    assertThat(ends).as("what was handled has had its end").isEqualTo(1);
    assertThat(relief).hasSize(1);

    runs.bring(event(events));
    assertThat(handled).as("another one's are the relief's").hasSize(EventRuns.MOST_EVENTS - 1);
    relief.remove().run();
    assertThat(handled).hasSize(2 * EventRuns.MOST_EVENTS - 1);

    while (!relief.isEmpty()) {
      relief.remove().run();
    }
    assertThat(handled).isEqualTo(upTo(events + 1));
  }

  @Test
  void whatTheEndOfARunBringsForEverIsLeftToOthersToo() {
    AtomicInteger brought = new AtomicInteger();
    Queue<Runnable> left = new ArrayDeque<>();
    EventRuns[] again = new EventRuns[1];
    again[0] =
        new EventRuns(
            Runnable::run,
            () -> {
              if (brought.incrementAndGet() < 1_000) {
                again[0].bring(() -> {});
              }
            },
            left::add);

    again[0].bring(() -> {});
    assertThat(brought).hasValue(EventRuns.MOST_EVENTS);

    while (!left.isEmpty()) {
      left.remove().run();
    }
    assertThat(brought).hasValue(1_000);
  }

  @Test
  void nothingIsLeftWhenExactlyAsManyComeAsAThreadHandles() {
    bringDuringARun(EventRuns.MOST_EVENTS - 1);
    assertThat(handled).isEqualTo(upTo(EventRuns.MOST_EVENTS - 1));
    assertThat(relief).isEmpty();

    runs.bring(event(EventRuns.MOST_EVENTS - 1));
    assertThat(handled).isEqualTo(upTo(EventRuns.MOST_EVENTS));
  }

  @Test
  void manyThreadsLoseNoEventAndRunNoneTwiceNorTwoAtATime() throws InterruptedException {
    int threads = 4;
    int each = 20_000;
    int[] counts = new int[threads * each];
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger overlaps = new AtomicInteger();
    CountDownLatch left = new CountDownLatch(threads * each);
    ExecutorService others = Executors.newFixedThreadPool(2);
    ExecutorService bringers = Executors.newFixedThreadPool(threads);
    EventRuns shared =
        new EventRuns(
            event -> {
              overlaps.addAndGet(inside.getAndIncrement());
              event.run();
              inside.decrementAndGet();
              left.countDown();
            },
            () -> {},
            others);
    for (int thread = 0; thread < threads; thread++) {
      int from = thread * each;
      bringers.execute(
          () ->
              IntStream.range(from, from + each)
                  .forEach(number -> shared.bring(() -> counts[number]++)));
    }
    assertThat(left.await(30, TimeUnit.SECONDS)).as("all are handled").isTrue();
    bringers.shutdown();
    others.shutdown();
    assertThat(counts).containsOnly(1);
    assertThat(overlaps).hasValue(0);
  }
}
