package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BufferBudgetTest {
  private final AtomicInteger waits = new AtomicInteger();

  @Test
  void grantsManySmallRecordsAtOnceWhileThereIsPlenty() {
    BufferBudget budget = new BufferBudget(64 << 10, waits::incrementAndGet);

    assertThat(budget.acquire(100, 0)).isEqualTo(16 << 10);
    assertThat(budget.acquire(30_000, 0)).isBetween(30_000L, 30_015L);
  }

  @Test
  void grantsNoMoreThanIsAskedForWhenThereIsLittle() {
    BufferBudget budget = new BufferBudget(20 << 10, waits::incrementAndGet);
    budget.acquire(16 << 10, 0);

    assertThat(budget.acquire(100, 0)).isBetween(100L, 115L);
  }

  @Test
  void whatIsGivenBackInPartsIsAllThereAgain() {
    BufferBudget budget = new BufferBudget(64 << 10, waits::incrementAndGet);
    long granted = budget.acquire(64 << 10, 0);

    long part = budget.release(1_001);
    assertThat(part).isBetween(986L, 1_001L);
    budget.release(granted - part);

    assertThat(budget.acquire(64 << 10, 0)).isEqualTo(64 << 10);
  }

  @Test
  void tellsWhenSomebodyWaitsAndServesHimWhenBytesComeBack() {
    BufferBudget budget = new BufferBudget(16 << 10, waits::incrementAndGet);
    long all = budget.acquire(16 << 10, 0);
    assertThat(budget.isWanted()).isFalse();

    CompletableFuture<Long> waiting =
        CompletableFuture.supplyAsync(() -> budget.acquire(1_000, 60_000));
    await().until(budget::isWanted);
    await().until(() -> waits.get() == 1);
    budget.release(all);

    assertThat(waiting.join()).isBetween(1_000L, 1_015L);
    await().until(() -> !budget.isWanted());
  }

  @Test
  void whoHasWaitedForAmpleRoomTakesOnlyWhatHeNeedsOfIt() {
    BufferBudget budget = new BufferBudget(1 << 20, waits::incrementAndGet);
    budget.acquire(1 << 20, 0);
    CompletableFuture<Long> waiting =
        CompletableFuture.supplyAsync(() -> budget.acquire(1_000, 60_000));
    await().until(budget::isWanted);
    budget.release(512 << 10);

    assertThat(budget.usedBytes()).isLessThanOrEqualTo((512 << 10) + waiting.join());
    assertThat(budget.acquire(500 << 10, 0)).isEqualTo(500 << 10);
  }

  @Test
  void whatTricklesInIsTakenToo() {
    BufferBudget budget = new BufferBudget(1 << 20, waits::incrementAndGet);
    budget.acquire(1 << 20, 0);
    CompletableFuture<Long> waiting =
        CompletableFuture.supplyAsync(() -> budget.acquire(1_000, 60_000));
    await().until(budget::isWanted);
    budget.release(1_008);

    assertThat(waiting).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(1_008L);
  }

  @Test
  void whoMayNotWaitTakesWhatIsFreeBeforeThoseWhoWait() {
    BufferBudget budget = new BufferBudget(1 << 20, waits::incrementAndGet);
    budget.acquire(960 << 10, 0);
    CompletableFuture<Long> waiting =
        CompletableFuture.supplyAsync(() -> budget.acquire(512 << 10, 60_000));
    await().until(budget::isWanted);

    assertThat(budget.acquire(1_008, 0)).isEqualTo(1_008);

    budget.release(960 << 10);
    assertThat(waiting).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(512L << 10);
  }

  @Test
  void refusesWhatNeverFitsAndWhatDoesNotFitInTime() {
    BufferBudget budget = new BufferBudget(16 << 10, waits::incrementAndGet);

    assertThatThrownBy(() -> budget.acquire((16 << 10) + 1, 0))
        .isInstanceOfSatisfying(
            MillraceException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.REQUEST_TOO_LARGE));
    budget.acquire(16 << 10, 0);
    assertThatThrownBy(() -> budget.acquire(1, 0))
        .isInstanceOfSatisfying(
            MillraceException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.REQUEST_TIMED_OUT));
    assertThat(budget.isWanted()).isFalse();
  }
}
