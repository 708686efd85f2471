package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.millrace.broker.replica.ProduceCommand;
import io.millrace.broker.rpc.wire.InboundProduce;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.ProduceFrame;
import io.millrace.proto.v1.ProduceStreamOpen;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ProduceStreamResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** How much of the server's memory produce streams can take. */
class ProduceStreamLimitsTest {
  private static final int BUDGET = 64 << 10;
  private static final int PLENTY = 1_000_000;

  private final TopicIdPartition id = new TopicIdPartition(UUID.randomUUID(), 0);
  private final ByteString topic = Uuids.toBytes(id.topicId());
  private final FakePartitions partitions = new FakePartitions();
  private final ProduceDeps deps = partitions.produceDeps();
  private final FakeHost host = new FakeHost(id);
  private final InFlightBytes total = InFlightBytes.total(BUDGET);
  private long frameId;

  ProduceStreamLimitsTest() {
    partitions.hosts.put(id, host);
    partitions.known(id.topicId(), "orders", 1);
  }

  @Test
  void aFloodOfSmallFramesIsBoundedByWhatEachTakes() {
    FakeCall<ProduceStreamResponse> call = new FakeCall<>(PLENTY);
    ProduceStreamSession stream = open(call);
    ByteString batch = Api.batch("x");
    while (call.asked > 0) {
      send(call, stream, batch);
    }
    long most = BUDGET / InFlightFrame.OVERHEAD_BYTES;
    assertThat(host.taken.size()).isBetween((int) (most / 2), (int) most);
    host.acknowledge();
    assertThat(total.used()).isZero();
    assertThat(call.asked).isEqualTo(1);
  }

  @Test
  void allThatAMessageHoldsCountsHoweverSmallItsBatch() {
    FakeCall<ProduceStreamResponse> call = new FakeCall<>(PLENTY);
    ProduceStreamSession stream = open(call);
    InboundProduce small = frame(0, Api.batch("x"));
    stream.onNext(new InboundProduce(small.message(), BUDGET, small.release()));
    assertThat(total.used()).isEqualTo(BUDGET + InFlightFrame.OVERHEAD_BYTES);
    host.acknowledge();
    assertThat(total.used()).isZero();
  }

  @Test
  void theBoundIsPassedByOneMessageOfEachStreamAtMost() {
    ByteString batch = Api.batch("x".repeat(40_000));
    long frameBytes = batch.size() + InFlightFrame.OVERHEAD_BYTES;
    List<FakeCall<ProduceStreamResponse>> calls = new ArrayList<>();
    List<ProduceStreamSession> streams = new ArrayList<>();
    for (int i = 0; i < FakePartitions.MOST_STREAMS; i++) {
      calls.add(new FakeCall<>(PLENTY));
      streams.add(open(calls.get(i)));
    }
    for (int round = 0; round < 10; round++) {
      for (int i = 0; i < streams.size(); i++) {
        if (calls.get(i).asked > 0) {
          send(calls.get(i), streams.get(i), batch);
        }
      }
    }
    assertThat(total.used()).isLessThan(BUDGET + FakePartitions.MOST_STREAMS * frameBytes);
    assertThat(calls).allSatisfy(call -> assertThat(call.asked).isZero());
  }

  @Test
  void aStreamOverTheBoundIsRefusedUntilAnotherEnds() {
    List<FakeCall<ProduceStreamResponse>> calls = new ArrayList<>();
    for (int i = 0; i < FakePartitions.MOST_STREAMS; i++) {
      calls.add(new FakeCall<>(PLENTY));
      open(calls.get(i));
    }
    assertThatThrownBy(() -> open(new FakeCall<>(PLENTY)))
        .hasMessage(
            "THROTTLED: streams of this kind on this server: 3 (expected: fewer, max.produce.streams)");
    calls.get(0).cancel();
    calls.get(0).cancel();
    open(new FakeCall<>(PLENTY)).onCompleted();
    open(new FakeCall<>(PLENTY));
    assertThatThrownBy(() -> open(new FakeCall<>(PLENTY))).hasMessageContaining("expected: fewer");
  }

  @Test
  void aFrameThatThrowsGivesItsBytesBackAndEndsWhatIsSent() {
    FakeCall<ProduceStreamResponse> call = new FakeCall<>(PLENTY);
    ProduceStreamSession stream = open(call);
    send(call, stream, Api.batch("waits"));
    long before = total.used();
    int sent = call.unread.size();
    FakeHost throwing =
        new FakeHost(id) {
          @Override
          public boolean produce(ProduceCommand command) {
            throw new IllegalStateException("impossible");
          }
        };
    TopicIdPartition other = new TopicIdPartition(id.topicId(), 1);
    partitions.hosts.put(other, throwing);
    partitions.known(other.topicId(), "others", 1);
    assertThatThrownBy(() -> send(stream, 1, Api.batch("throws"))).hasMessage("impossible");
    assertThat(total.used()).isEqualTo(before);

    host.acknowledge();
    assertThat(total.used()).isZero();
    assertThat(call.unread).hasSize(sent);
  }

  /** The results come on a partition's shard, which does not answer for one client's call. */
  @Test
  void aStreamWhoseResultsCannotBeSentEnds() {
    FakeCall<ProduceStreamResponse> call = new FakeCall<>(PLENTY);
    ProduceStreamSession stream = open(call);
    send(call, stream, Api.batch("x"));
    call.closed = new IllegalStateException("call is closed");

    host.acknowledge();

    assertThat(call.error).hasMessageContaining("call is closed");
    assertThat(total.used()).isZero();
    for (int i = 0; i < FakePartitions.MOST_STREAMS; i++) {
      open(new FakeCall<>(PLENTY));
    }
  }

  @Test
  void theBytesOfAFrameAreGivenBackOnce() {
    List<String> released = new ArrayList<>();
    InFlightFrame frame = new InFlightFrame(total, 1_000, () -> released.add("buffer"));
    assertThat(total.used()).isEqualTo(1_000 + InFlightFrame.OVERHEAD_BYTES);
    InFlightFrame other = new InFlightFrame(total, 1_000, () -> released.add("other"));

    frame.giveBack();
    frame.giveBack();
    frame.leave();
    assertThat(total.used()).isEqualTo(1_000 + InFlightFrame.OVERHEAD_BYTES);
    other.leave();
    other.leave();
    other.giveBack();
    assertThat(total.used()).isZero();
    assertThat(released).containsExactly("buffer");
  }

  private ProduceStreamSession open(FakeCall<ProduceStreamResponse> call) {
    ProduceStreamSession stream = new ProduceStreamSession(deps, total.child(BUDGET), call);
    call.asked--;
    stream.onNext(
        inbound(
            ProduceStreamRequest.newBuilder()
                .setOpen(ProduceStreamOpen.newBuilder().setAcks(Acks.ACKS_ALL))));
    return stream;
  }

  private void send(
      FakeCall<ProduceStreamResponse> call, ProduceStreamSession stream, ByteString batch) {
    call.asked--;
    send(stream, 0, batch);
  }

  private void send(ProduceStreamSession stream, int partition, ByteString batch) {
    stream.onNext(frame(partition, batch));
  }

  private InboundProduce frame(int partition, ByteString batch) {
    ProduceFrame.Builder frame =
        ProduceFrame.newBuilder()
            .setFrameId(++frameId)
            .setBatch(Api.partitionBatch(topic, partition, batch));
    return inbound(ProduceStreamRequest.newBuilder().setFrame(frame));
  }

  private static InboundProduce inbound(ProduceStreamRequest.Builder message) {
    return new InboundProduce(
        message.build(), message.getFrame().getBatch().getRecords().size(), () -> {});
  }
}
