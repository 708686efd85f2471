package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.proto.internal.v1.TailBounds;
import io.millrace.proto.v1.ConsumedRecord;
import io.millrace.proto.v1.TailPartitionError;
import io.millrace.proto.v1.TailResponse;
import io.millrace.proto.v1.TailStart;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Leaders whose tails bring what the test says. */
final class FakeTailLegs implements TailLegs {
  /** All that were opened, in their order. */
  final List<FakeLeg> opened = new ArrayList<>();

  long highWatermark;

  /** A stream that the test feeds. */
  static final class FakeLeg implements Leg {
    final int leader;
    final List<TailPart> parts;
    int wanted;
    boolean cancelled;
    private final Events events;

    FakeLeg(int leader, List<TailPart> parts, Events events) {
      this.leader = leader;
      this.parts = parts;
      this.events = events;
    }

    @Override
    public void request() {
      wanted++;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    /** Records of a partition, from an offset on. */
    void bring(int partition, long from, int count) {
      TailResponse.Builder message = TailResponse.newBuilder();
      for (long offset = from; offset < from + count; offset++) {
        message.addRecords(
            ConsumedRecord.newBuilder().setPartition(partition).setOffset(offset).build());
      }
      wanted--;
      events.received(message.build());
    }

    void fail(int partition, ErrorCode code) {
      wanted--;
      events.received(
          TailResponse.newBuilder()
              .addErrors(
                  TailPartitionError.newBuilder()
                      .setPartition(partition)
                      .setError(RpcErrors.toProto(new MillraceError(code, "as the test says"))))
              .build());
    }

    void cut() {
      events.ended(Optional.of(new MillraceError(ErrorCode.BROKER_NOT_AVAILABLE, "cut")));
    }

    void complete() {
      events.ended(Optional.empty());
    }
  }

  @Override
  public CompletableFuture<List<TailBounds>> find(
      BrokerImage leader, List<TopicIdPartition> parts, TailStart start, Client client) {
    return CompletableFuture.completedFuture(
        parts.stream()
            .map(
                id ->
                    TailBounds.newBuilder()
                        .setPartition(id.partition())
                        .setHighWatermark(highWatermark)
                        .build())
            .toList());
  }

  @Override
  public Leg open(BrokerImage leader, List<TailPart> parts, Client client, Events events) {
    FakeLeg leg = new FakeLeg(leader.id(), parts, events);
    opened.add(leg);
    return leg;
  }
}
