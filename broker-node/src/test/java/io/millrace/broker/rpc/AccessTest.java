package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.millrace.broker.rpc.wire.FetchFrame;
import io.millrace.broker.rpc.wire.InboundProduce;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.record.Compression;
import io.millrace.metadata.ChangeHistory;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.Acks;
import io.millrace.proto.v1.FetchRequest;
import io.millrace.proto.v1.FetchResponse;
import io.millrace.proto.v1.FetchStreamOpen;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.ListOffsetsPartition;
import io.millrace.proto.v1.ListOffsetsResult;
import io.millrace.proto.v1.OffsetPosition;
import io.millrace.proto.v1.ProduceFrame;
import io.millrace.proto.v1.ProduceRequest;
import io.millrace.proto.v1.ProduceResponse;
import io.millrace.proto.v1.ProduceStreamOpen;
import io.millrace.proto.v1.ProduceStreamRequest;
import io.millrace.proto.v1.ProduceStreamResponse;
import io.millrace.proto.v1.SubscribePartition;
import io.millrace.proto.v1.TopicMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A caller that may do anything but touch one topic: the others are served in the same request. */
class AccessTest {
  private final FakePartitions partitions = new FakePartitions();
  private final LogHost mine = partitions.topic("mine", 1).get(0);
  private final LogHost secret = partitions.topic("secret", 1).get(0);
  private final List<String> asked = new ArrayList<>();

  AccessTest() {
    mine.append(Compression.NONE, "a");
    secret.append(Compression.NONE, "b");
    partitions.authorizer =
        (caller, operation, topic) -> {
          asked.add(operation + " " + topic);
          if (topic.equals("secret")) {
            throw new MillraceException(ErrorCode.POLICY_VIOLATION, "not for you");
          }
        };
  }

  @Test
  void aProduceRequestIsRefusedTopicByTopic() {
    ProduceRequest request =
        ProduceRequest.newBuilder()
            .setAcks(Acks.ACKS_ALL)
            .addBatches(Api.partitionBatch(topic(secret), 0, Api.batch("x")))
            .addBatches(Api.partitionBatch(topic(mine), 0, Api.batch("y")))
            .build();
    CompletableFuture<ProduceResponse> answer =
        new ProduceCall(partitions.produceDeps(), request).start(request);
    mine.acknowledge();
    assertThat(answer).isCompleted();
    assertThat(Api.code(answer.join().getResults(0).getError())).isEqualTo("POLICY_VIOLATION");
    assertThat(answer.join().getResults(1).hasError()).isFalse();
    assertThat(secret.pipelines).isEmpty();
    assertThat(asked).containsExactly("WRITE secret", "WRITE mine");
  }

  @Test
  void aPartitionWhoseTopicIsNotKnownIsRefusedThoughItIsHere() {
    LogHost gone = new LogHost(new TopicIdPartition(UUID.randomUUID(), 0));
    partitions.hosts.put(gone.id(), gone);
    ProduceRequest request =
        ProduceRequest.newBuilder()
            .setAcks(Acks.ACKS_ALL)
            .addBatches(Api.partitionBatch(topic(gone), 0, Api.batch("x")))
            .build();
    CompletableFuture<ProduceResponse> answer =
        new ProduceCall(partitions.produceDeps(), request).start(request);
    assertThat(answer).isCompleted();
    assertThat(Api.code(answer.join().getResults(0).getError())).isEqualTo("UNKNOWN_TOPIC_ID");
  }

  @Test
  void aProduceStreamIsRefusedFrameByFrame() {
    FakeCall<ProduceStreamResponse> call = new FakeCall<>(10);
    ProduceStreamSession stream =
        new ProduceStreamSession(partitions.produceDeps(), InFlightBytes.total(1 << 20), call);
    ProduceStreamRequest.Builder open =
        ProduceStreamRequest.newBuilder()
            .setOpen(ProduceStreamOpen.newBuilder().setAcks(Acks.ACKS_ALL));
    stream.onNext(new InboundProduce(open.build(), 0, () -> {}));
    stream.onNext(frame(1, secret));
    stream.onNext(frame(2, mine));
    assertThat(Api.code(call.read().get(1).getResults().getResults(0).getResult().getError()))
        .isEqualTo("POLICY_VIOLATION");
    assertThat(secret.pipelines).isEmpty();
    assertThat(mine.pipelines).containsExactly("frame");
  }

  @Test
  void aFetchIsRefusedTopicByTopic() {
    FakeCall<FetchResponse> call = new FakeCall<>(1);
    FetchRequest request =
        FetchRequest.newBuilder()
            .addPartitions(Api.at(topic(secret), 0, 0))
            .addPartitions(Api.at(topic(mine), 0, 0))
            .build();
    ByteLease memory = new ByteLease(InFlightBytes.total(1 << 20));
    new FetchCall(partitions.fetchDeps(), memory, request, call).start();
    FetchResponse answer = call.read().get(0);
    assertThat(Api.code(answer.getPartitions(0).getError())).isEqualTo("POLICY_VIOLATION");
    assertThat(answer.getPartitions(0).getRecords().isEmpty()).isTrue();
    assertThat(answer.getPartitions(1).getRecords().isEmpty()).isFalse();
  }

  @Test
  void aFetchStreamIsRefusedSubscriptionBySubscription() {
    FakeCall<FetchFrame> call = new FakeCall<>(10);
    var inbound =
        new FetchStreamSession(partitions.fetchDeps(), InFlightBytes.total(1 << 20), call).start();
    inbound.onNext(
        FetchStreamRequest.newBuilder()
            .setOpen(FetchStreamOpen.newBuilder().setCreditBytes(1_000))
            .build());
    inbound.onNext(subscribe(1, secret));
    inbound.onNext(subscribe(2, mine));
    List<FetchFrame> frames = call.read();
    assertThat(Api.code(frames.get(0).head().getError())).isEqualTo("POLICY_VIOLATION");
    assertThat(frames.get(1).recordBytes()).isPositive();
  }

  @Test
  void offsetsAreToldTopicByTopic() {
    FetchDeps deps = partitions.fetchDeps();
    OffsetLookup lookup = new OffsetLookup(deps.partitions(), deps.reader());
    ListOffsetsResult refused = lookup.find(latest(secret), false, deps.access());
    assertThat(Api.code(refused.getError())).isEqualTo("POLICY_VIOLATION");
    assertThat(refused.getOffset()).isEqualTo(-1);
    assertThat(lookup.find(latest(mine), false, deps.access()).getOffset()).isEqualTo(1);
  }

  @Test
  void metadataAreToldTopicByTopic() {
    NodeInfo node = new NodeInfo(1, "c1", "1", 1, 1);
    MetadataEndpoint endpoint =
        new MetadataEndpoint(
            node,
            partitions::image,
            partitions.authorizer,
            groupId -> new CompletableFuture<>(),
            new ChangeHistory(10),
            new PacedStream.Deps(
                Runnable::run,
                (delayMs, task) -> () -> {},
                new StreamPlaces("max.metadata.streams", 1),
                new OpenStreams()));
    assertThat(describe(endpoint, GetMetadataRequest.newBuilder()))
        .extracting(TopicMetadata::getName)
        .containsExactly("mine");
    List<TopicMetadata> named =
        describe(
            endpoint,
            GetMetadataRequest.newBuilder()
                .addTopics("secret")
                .addTopics("mine")
                .addTopicIds(topic(secret)));
    assertThat(named)
        .extracting(each -> each.hasError() ? Api.code(each.getError()) : "")
        .containsExactly("POLICY_VIOLATION", "", "POLICY_VIOLATION");
  }

  @Test
  void changesOfMetadataAreToldTopicByTopic() {
    ChangeHistory history = new ChangeHistory(10);
    MetadataImage image = partitions.image().withRevision(5);
    history.onImage(image, MetadataDelta.between(MetadataImage.EMPTY, image));
    WatchFrames all = watch(history, Set.of());
    assertThat(all.next().orElseThrow().getSnapshot().getTopicsList())
        .extracting(TopicMetadata::getName)
        .containsExactly("mine");
    WatchFrames named = watch(history, Set.of("mine", "secret"));
    assertThat(named.next().orElseThrow().getSnapshot().getTopicsList())
        .extracting(each -> each.hasError() ? Api.code(each.getError()) : "")
        .containsExactly("", "POLICY_VIOLATION");
  }

  private static WatchFrames watch(ChangeHistory history, Set<String> topics) {
    MillraceError refusal = new MillraceError(ErrorCode.POLICY_VIOLATION, "not for you");
    return new WatchFrames(
        new NodeInfo(1, "c1", "1", 1, 1),
        history,
        topics,
        topic -> topic.equals("secret") ? Optional.of(refusal) : Optional.empty(),
        0);
  }

  private static List<TopicMetadata> describe(
      MetadataEndpoint endpoint, GetMetadataRequest.Builder request) {
    FakeCall<GetMetadataResponse> call = new FakeCall<>(1);
    endpoint.getMetadata(request.build(), call);
    return call.read().get(0).getTopicsList();
  }

  private static ByteString topic(LogHost host) {
    return Uuids.toBytes(host.id().topicId());
  }

  private static InboundProduce frame(long id, LogHost to) {
    ProduceFrame.Builder frame =
        ProduceFrame.newBuilder()
            .setFrameId(id)
            .setBatch(Api.partitionBatch(topic(to), 0, Api.batch("x")));
    return new InboundProduce(
        ProduceStreamRequest.newBuilder().setFrame(frame).build(), 100, () -> {});
  }

  private static FetchStreamRequest subscribe(long id, LogHost to) {
    return FetchStreamRequest.newBuilder()
        .setSubscribe(
            SubscribePartition.newBuilder()
                .setSubscriptionId(id)
                .setPartition(Api.at(topic(to), 0, 0)))
        .build();
  }

  private static ListOffsetsPartition latest(LogHost of) {
    return ListOffsetsPartition.newBuilder()
        .setTopicId(topic(of))
        .setCurrentLeaderEpoch(-1)
        .setPosition(OffsetPosition.OFFSET_POSITION_LATEST)
        .build();
  }
}
