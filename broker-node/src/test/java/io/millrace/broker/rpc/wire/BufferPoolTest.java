package io.millrace.broker.rpc.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BufferPoolTest {
  private final BufferPool pool = BufferPool.onHeap(100, 2);

  @Test
  void lendsWhatWasGivenBackLast() {
    BufferPool.Lease first = pool.take();
    BufferPool.Lease second = pool.take();
    first.release();
    second.release();
    assertThat(pool.take().buffer()).isSameAs(second.buffer());
    assertThat(pool.take().buffer()).isSameAs(first.buffer());
  }

  @Test
  void aBufferIsLentToOneAtATimeHoweverOftenItIsReleased() {
    BufferPool.Lease lease = pool.take();
    lease.release();
    lease.release();
    assertThat(pool.take().buffer()).isSameAs(lease.buffer());
    assertThat(pool.take().buffer()).isNotSameAs(lease.buffer());
    lease.release();
    assertThat(pool.take().buffer()).isNotSameAs(lease.buffer());
  }

  @Test
  void aBufferComesWithAllItsRoom() {
    BufferPool.Lease lease = pool.take();
    lease.buffer().position(10).limit(20);
    lease.release();
    assertThat(pool.take().buffer().remaining()).isEqualTo(100);
  }

  @Test
  void keepsNoMoreThanItShould() {
    BufferPool.Lease first = pool.take();
    BufferPool.Lease second = pool.take();
    BufferPool.Lease third = pool.take();
    first.release();
    second.release();
    third.release();
    pool.take();
    pool.take();
    assertThat(pool.take().buffer()).isNotSameAs(third.buffer());
  }

  @Test
  void refusesSizesThatMakeNoSense() {
    assertThatThrownBy(() -> BufferPool.onHeap(0, 1)).hasMessageContaining("0, 1");
    assertThatThrownBy(() -> BufferPool.onHeap(1, 0)).hasMessageContaining("1, 0");
  }
}
