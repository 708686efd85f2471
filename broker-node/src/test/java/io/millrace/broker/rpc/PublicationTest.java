package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.millrace.common.Acks;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.proto.v1.PublishRecord;
import io.millrace.proto.v1.PublishRequest;
import io.millrace.proto.v1.PublishResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToIntBiFunction;
import org.junit.jupiter.api.Test;

/** Publications on whose way something goes wrong that no one foresaw. */
class PublicationTest {
  private static final int HERE = 3;
  private static final int LEADER = 1;
  private static final long TIMEOUT_MS = 10_000;
  private static final long MOST_BYTES = 1_000;

  private final VirtualTime time = new VirtualTime();
  private final ModelLeader leader = new ModelLeader();
  private final AtomicLong producerIds = new AtomicLong();
  private final MetadataImage image =
      Images.withTopic(
          Images.of(0, 0), "orders", List.of(Images.partition(LEADER, List.of(1, 2, 3), 2)));
  private final TopicImage topic = image.topic("orders").orElseThrow();
  private final Forwarder forwarder =
      new Forwarder(
          HERE,
          leader,
          new PartitionLeaders(() -> image),
          () -> CompletableFuture.completedFuture(producerIds.incrementAndGet()),
          time,
          time,
          MOST_BYTES);

  @Test
  void batchesThatCanNotBeMadeGiveTheirLaneAndTheirMemoryBack() {
    PublishResponse answer =
        publish(
            Runnable::run,
            (of, partition) -> {
              throw new IllegalStateException("as the test says");
            });

    assertThat(answer.getResultsList())
        .hasSize(2)
        .allMatch(result -> Api.code(result.getError()).equals("INTERNAL"));
    assertEverythingIsBack();
  }

  @Test
  void batchesThatNoThreadMakesGiveTheirLaneAndTheirMemoryBack() {
    PublishResponse answer =
        publish(
            task -> {
              throw new RejectedExecutionException("closed");
            },
            (of, partition) -> 1);

    assertThat(leader.log).containsExactly("v0");
    assertThat(answer.getResults(0).hasError()).isFalse();
    assertThat(Api.code(answer.getResults(1).getError())).isEqualTo("INTERNAL");
    assertEverythingIsBack();
  }

  private PublishResponse publish(
      Executor threads, ToIntBiFunction<TopicImage, Integer> maxBatchBytes) {
    FakePartitions partitions = new FakePartitions();
    ProduceDeps produce = partitions.produceDeps();
    PublishDeps deps =
        new PublishDeps(
            produce.partitions(),
            produce.intake(),
            produce.metrics(),
            forwarder,
            maxBatchBytes,
            threads,
            time);
    PublishRequest.Builder request = PublishRequest.newBuilder();
    for (int i = 0; i < 2; i++) {
      request.addRecords(PublishRecord.newBuilder().setValue(ByteString.copyFromUtf8("v" + i)));
    }
    Publication publication =
        new Publication(deps, topic, Acks.ALL, time.monotonicMs() + TIMEOUT_MS, request.build());
    publication.start(0, List.of(0, 1));
    assertThat(publication.answer()).isCompleted();
    return publication.answer().join();
  }

  private void assertEverythingIsBack() {
    assertThat(
            forwarder.open(
                new Forwarder.Load(
                    new TopicIdPartition(topic.id(), 0),
                    Acks.ALL,
                    time.monotonicMs() + TIMEOUT_MS,
                    RequestContext.NONE,
                    MOST_BYTES)))
        .isCompleted();
    assertThat(producerIds).as("lanes that were made").hasValue(1);
  }
}
