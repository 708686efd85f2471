package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.millrace.broker.rpc.wire.InboundProduce;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.ProduceFrame;
import io.millrace.proto.v1.ProduceFrameResult;
import io.millrace.proto.v1.ProduceStreamOpen;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ProduceStreamResponse;
import io.millrace.proto.v1.ResumePartition;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A produce stream whose partition goes away and comes back, and how results are told. */
class StreamPipelineTest {
  private final TopicIdPartition id = new TopicIdPartition(UUID.randomUUID(), 0);
  private final ByteString topic = Uuids.toBytes(id.topicId());
  private final FakePartitions partitions = new FakePartitions();
  private final FakeHost first = new FakeHost(id);
  private final FakeHost second = new FakeHost(id);
  private final FakeCall<ProduceStreamResponse> call = new FakeCall<>(3);
  private final ProduceDeps deps = partitions.produceDeps();
  private final ProduceStreamSession stream =
      new ProduceStreamSession(deps, InFlightBytes.total(1 << 20), call);
  private long frameId;

  StreamPipelineTest() {
    partitions.hosts.put(id, first);
    partitions.known(id.topicId(), "orders", 1);
    stream.onNext(
        inbound(
            ProduceStreamRequest.newBuilder()
                .setOpen(ProduceStreamOpen.newBuilder().setAcks(Acks.ACKS_ALL))));
    call.read();
  }

  @Test
  void S28b_whatFailedAtAPartitionHoldsForTheOneThatReplacesIt() {
    send(Api.batch("a"));
    send(Api.flipped(Api.batch("b"), 64));
    assertThat(first.pipelines).containsExactly("frame", "refuse CORRUPT_BATCH");
    partitions.hosts.put(id, second);
    send(Api.batch("c"));
    send(Api.batch("d"));
    assertThat(second.pipelines).as("what came after the failed frame").isEmpty();
    assertThat(first.pipelines).endsWith("close");
    first.acknowledge();
    assertThat(codes()).containsExactly("", "", "NOT_LEADER", "PREVIOUS_FRAME_FAILED");
    resume(7);
    send(Api.batch("b"));
    assertThat(second.pipelines).containsExactly("resume 7", "frame");
  }

  @Test
  void S28b_aResumeGoesToThePartitionThatIsThereNow() {
    send(Api.batch("a"));
    partitions.hosts.remove(id);
    send(Api.batch("b"));
    partitions.hosts.put(id, second);
    resume(3);
    send(Api.batch("b"));
    assertThat(second.pipelines).containsExactly("resume 3", "frame");
    stream.onCompleted();
    assertThat(second.pipelines).endsWith("close");
    assertThat(first.pipelines).containsExactly("frame", "close");
  }

  @Test
  void S28b_aResumeBeforeThePartitionComesIsToldToItFirst() {
    partitions.hosts.remove(id);
    send(Api.batch("a"));
    resume(3);
    partitions.hosts.put(id, second);
    send(Api.batch("a"));
    assertThat(second.pipelines).containsExactly("resume 3", "frame");
  }

  @Test
  void resultsThatComeWhileTheClientDoesNotReadGoOutTogether() {
    for (int i = 0; i < 10; i++) {
      send(Api.batch("a"));
    }
    first.acknowledge();
    assertThat(sizes()).containsExactly(1, 1, 1);
    assertThat(sizes()).containsExactly(7);
    send(Api.batch("b"));
    stream.onCompleted();
    assertThat(call.completed).isFalse();
    first.acknowledge();
    assertThat(sizes()).containsExactly(1);
    assertThat(call.completed).isTrue();
  }

  @Test
  void resultsOfOneRunOfAShardGoOutTogether() {
    List<Runnable> end = new ArrayList<>();
    send(Api.batch("a"));
    send(Api.batch("b"));
    first.acknowledge(end::add);
    send(Api.batch("c"));
    first.acknowledge(end::add);
    assertThat(sizes()).isEmpty();

    end.forEach(Runnable::run);
    assertThat(sizes()).containsExactly(3);
    send(Api.batch("d"));
    first.acknowledge();
    assertThat(sizes()).containsExactly(1);
  }

  @Test
  void aStreamThatTheServerEndsClosesItsPipelinesOnceAllIsAnswered() {
    send(Api.batch("a"));
    deps.streams().endAll();
    assertThat(call.ended()).isFalse();
    first.acknowledge();
    assertThat(call.error).isNotNull();
    call.close();
    assertThat(first.pipelines).containsExactly("frame", "close");
  }

  @Test
  void aStreamThatEndsTellsWhatIsLeft() {
    for (int i = 0; i < 2_500; i++) {
      send(Api.batch("a"));
    }
    stream.onCompleted();
    first.acknowledge();
    assertThat(call.completed).isTrue();
    assertThat(sizes()).containsExactly(1, 1, 1, 1_000, 1_000, 497);
  }

  private void send(ByteString batch) {
    stream.onNext(
        inbound(
            ProduceStreamRequest.newBuilder()
                .setFrame(
                    ProduceFrame.newBuilder()
                        .setFrameId(++frameId)
                        .setBatch(Api.partitionBatch(topic, 0, batch)))));
  }

  private void resume(int sequence) {
    stream.onNext(
        inbound(
            ProduceStreamRequest.newBuilder()
                .setResume(
                    ResumePartition.newBuilder().setTopicId(topic).setNextSequence(sequence))));
  }

  private static InboundProduce inbound(ProduceStreamRequest.Builder message) {
    return new InboundProduce(message.build(), 100, () -> {});
  }

  private List<Integer> sizes() {
    return call.read().stream().map(m -> m.getResults().getResultsCount()).toList();
  }

  private List<String> codes() {
    List<String> codes = new ArrayList<>();
    List<ProduceStreamResponse> messages = new ArrayList<>(call.read());
    messages.addAll(call.read());
    for (ProduceStreamResponse message : messages) {
      for (ProduceFrameResult result : message.getResults().getResultsList()) {
        codes.add(result.getResult().hasError() ? Api.code(result.getResult().getError()) : "");
      }
    }
    return codes;
  }
}
