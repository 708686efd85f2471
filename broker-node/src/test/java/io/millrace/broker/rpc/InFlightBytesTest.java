package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class InFlightBytesTest {
  private final InFlightBytes total = InFlightBytes.total(100);
  private final InFlightBytes one = total.child(60);
  private final InFlightBytes other = total.child(60);
  private final List<String> woken = new ArrayList<>();

  @Test
  void aChildsBytesCountInTheTotal() {
    one.add(50);
    other.add(40);
    assertThat(total.used()).isEqualTo(90);
    assertThat(one.tryAdd(11)).isFalse();
    assertThat(one.used()).as("nothing is left of a refused request").isEqualTo(50);
    assertThat(one.tryAdd(10)).isTrue();
    assertThat(total.used()).isEqualTo(100);
    one.release(60);
    assertThat(one.tryAdd(60)).isTrue();
  }

  @Test
  void aRequestLargerThanTheBoundFitsWhenNothingElseIsInFlight() {
    assertThat(one.tryAdd(500)).isTrue();
    assertThat(one.tryAdd(1)).isFalse();
    one.release(500);
    one.add(1);
    assertThat(one.tryAdd(500)).isFalse();
    assertThat(total.used()).isEqualTo(1);
  }

  @Test
  void requestsThatComeTogetherGetInOnlyIfTheyFitTogether() throws Exception {
    int threads = 4;
    AtomicLong most = new AtomicLong();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        InFlightBytes connection = total.child(60);
        done.add(
            pool.submit(
                () -> {
                  for (int round = 0; round < 100_000; round++) {
                    if (connection.tryAdd(60)) {
                      most.accumulateAndGet(total.used(), Math::max);
                      connection.release(60);
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> each : done) {
        each.get();
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(most.get()).isEqualTo(60);
    assertThat(total.used()).isZero();
  }

  @Test
  void whoWaitsIsWokenWhenBothBudgetsAreFree() {
    one.add(60);
    other.add(45);
    one.whenFree(() -> woken.add("one"));
    other.whenFree(() -> woken.add("other"));
    assertThat(woken).isEmpty();
    one.release(1);
    assertThat(woken).isEmpty();
    other.release(10);
    assertThat(woken).containsExactlyInAnyOrder("one", "other");
    one.whenFree(() -> woken.add("at once"));
    assertThat(woken).contains("at once");
  }

  @Test
  void whoIsWokenAndReleasesBytesDoesNotWakeTheNextOnItsOwnStack() {
    int waiters = 20_000;
    one.add(60);
    for (int i = 0; i < waiters; i++) {
      Runnable task =
          () -> {
            woken.add("once");
            one.add(1);
            one.release(1);
          };
      one.whenFree(task);
    }
    one.release(60);
    assertThat(woken).hasSize(waiters);
    assertThat(total.used()).isZero();
  }

  @Test
  void aTaskThatThrowsDoesNotKeepOthersAsleep() {
    one.add(60);
    IllegalStateException failure = new IllegalStateException("of the task");
    one.whenFree(
        () -> {
          throw failure;
        });
    one.whenFree(() -> woken.add("other"));
    assertThatThrownBy(() -> one.release(1)).isSameAs(failure);
    one.release(1);
    assertThat(woken).containsExactly("other");
  }

  @Test
  void releasingMoreThanWasAddedIsADefect() {
    one.add(5);
    assertThatThrownBy(() -> one.release(6)).isInstanceOf(IllegalStateException.class);
  }
}
