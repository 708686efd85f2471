package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Context;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.SystemClock;
import io.millrace.proto.v1.DeleteRecordsPartition;
import io.millrace.proto.v1.DeleteRecordsRequest;
import io.millrace.proto.v1.DeleteRecordsResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How much of the server's memory requests to delete records can take while they wait. */
class RecordDeletionTest {
  private static final int PARTITIONS = 10;

  /** Two requests fit, with their messages; three do not. */
  private static final long LIMIT = 5L * PARTITIONS * RecordDeletion.WAITING_BYTES / 2;

  private final FakePartitions fakes = new FakePartitions();
  private final InFlightBytes total = InFlightBytes.total(LIMIT);
  private final ByteBudgets budgets = new ByteBudgets(total, InFlightBytes.total(LIMIT));
  private final List<CompletableFuture<Long>> waiting = new ArrayList<>();
  private final RecordDeletion deletion =
      new RecordDeletion(new Partitions(fakes, fakes::image), new SystemClock(), 60_000);

  RecordDeletionTest() {
    UUID topicId = UUID.randomUUID();
    fakes.known(topicId, "orders", PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++) {
      TopicIdPartition id = new TopicIdPartition(topicId, i);
      fakes.hosts.put(id, new WaitingHost(id));
    }
  }

  @Test
  void whatWaitsIsBoundedAndGivenBackWithTheAnswer() throws Exception {
    CompletableFuture<DeleteRecordsResponse> first = delete(Long.MAX_VALUE);
    CompletableFuture<DeleteRecordsResponse> second = delete(Long.MAX_VALUE);

    assertThatThrownBy(() -> delete(Long.MAX_VALUE)).hasMessageStartingWith("THROTTLED");
    assertThat(waiting).as("nothing of the refused one waits").hasSize(2 * PARTITIONS);

    waiting.forEach(each -> each.complete(5L));
    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
    assertThat(total.used()).isZero();
    delete(Long.MAX_VALUE);
  }

  @Test
  void aRequestThatIsRefusedAsAWholeTakesNothing() {
    DeleteRecordsRequest negative = request(0).setTimeoutMs(-1).build();

    assertThatThrownBy(() -> delete(negative)).hasMessageStartingWith("INVALID_REQUEST");

    assertThat(total.used()).isZero();
  }

  private CompletableFuture<DeleteRecordsResponse> delete(long before) throws Exception {
    return delete(request(before).build());
  }

  private CompletableFuture<DeleteRecordsResponse> delete(DeleteRecordsRequest request)
      throws Exception {
    return Context.current()
        .withValue(ByteBudgets.KEY, budgets)
        .call(() -> deletion.delete(fakes.image().topic("orders").orElseThrow(), request));
  }

  private static DeleteRecordsRequest.Builder request(long before) {
    DeleteRecordsRequest.Builder request = DeleteRecordsRequest.newBuilder().setName("orders");
    for (int i = 0; i < PARTITIONS; i++) {
      request.addPartitions(
          DeleteRecordsPartition.newBuilder().setPartition(i).setBeforeOffset(before));
    }
    return request;
  }

  /** Its replicas do not answer until the test says so. */
  private final class WaitingHost extends FakeHost {
    WaitingHost(TopicIdPartition id) {
      super(id);
    }

    @Override
    public CompletableFuture<Long> deleteRecords(
        long beforeOffset, int leaderEpoch, long deadlineMs) {
      CompletableFuture<Long> deleted = new CompletableFuture<>();
      waiting.add(deleted);
      return deleted;
    }
  }
}
