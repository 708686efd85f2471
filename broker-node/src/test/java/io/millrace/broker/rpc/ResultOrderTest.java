package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.ProduceFrameResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ResultOrderTest {
  private final ResultOrder order = new ResultOrder();
  private final TopicIdPartition a = new TopicIdPartition(new UUID(1, 1), 0);
  private final TopicIdPartition b = new TopicIdPartition(new UUID(1, 1), 1);
  private final List<ProduceFrameResult> out = new ArrayList<>();

  @Test
  void aResultWaitsForThoseBeforeItInItsPartitionOnly() {
    ResultOrder.Slot a1 = order.next(a);
    ResultOrder.Slot a2 = order.next(a);
    ResultOrder.Slot b3 = order.next(b);
    order.complete(a2, result(2), out);
    assertThat(out).isEmpty();
    order.complete(b3, result(3), out);
    order.complete(a1, result(1), out);
    assertThat(out).extracting(ProduceFrameResult::getFrameId).containsExactly(3L, 1L, 2L);
    assertThat(order.idle()).isTrue();
  }

  @Test
  void whatIsNotToldHoldsNothingUp() {
    ResultOrder.Slot first = order.next(a);
    ResultOrder.Slot second = order.next(a);
    order.complete(second, result(2), out);
    order.complete(first, Optional.empty(), out);
    assertThat(out).extracting(ProduceFrameResult::getFrameId).containsExactly(2L);
    assertThatThrownBy(() -> order.complete(first, Optional.empty(), out))
        .isInstanceOf(IllegalStateException.class);
  }

  private static Optional<ProduceFrameResult> result(long id) {
    return Optional.of(ProduceFrameResult.newBuilder().setFrameId(id).build());
  }
}
