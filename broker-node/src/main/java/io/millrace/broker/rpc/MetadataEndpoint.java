package io.millrace.broker.rpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.record.Compression;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.Uuids;
import io.millrace.proto.v1.BrokerEndpoint;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.GetServerInfoRequest;
import io.millrace.proto.v1.GetServerInfoResponse;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.TopicMetadata;
import java.util.Optional;
import java.util.function.Supplier;

/** Answers from the node's own image. Thread-safe. */
final class MetadataEndpoint extends MetadataServiceGrpc.MetadataServiceImplBase {
  private final NodeInfo node;
  private final Supplier<MetadataImage> image;
  private final Authorizer authorizer;

  MetadataEndpoint(NodeInfo node, Supplier<MetadataImage> image, Authorizer authorizer) {
    this.node = node;
    this.image = image;
    this.authorizer = authorizer;
  }

  @Override
  public void getServerInfo(
      GetServerInfoRequest request, StreamObserver<GetServerInfoResponse> call) {
    authorizer.check(RequestContext.current(), Operation.DESCRIBE, "");
    GetServerInfoResponse.Builder answer =
        GetServerInfoResponse.newBuilder()
            .setVersion(node.version())
            .setClusterId(node.clusterId())
            .setNodeId(node.nodeId())
            .setMaxMessageBytes(node.maxMessageBytes())
            .setProducerBatchesRemembered(node.producerBatchesRemembered());
    for (Compression codec : Compression.values()) {
      answer.addCodecs(codec.codecName());
    }
    Replies.now(call, answer.build());
  }

  @Override
  public void getMetadata(GetMetadataRequest request, StreamObserver<GetMetadataResponse> call) {
    MetadataImage newest = image.get();
    GetMetadataResponse.Builder answer =
        GetMetadataResponse.newBuilder()
            .setClusterId(node.clusterId())
            .setRevision(newest.revision())
            .setControllerId(newest.controller().nodeId());
    newest.brokers().values().forEach(broker -> answer.addBrokers(endpoint(broker)));
    if (request.getTopicsCount() == 0 && request.getTopicIdsCount() == 0) {
      for (String name : newest.topics().idsByName().keySet()) {
        if (refusal(name).isEmpty()) {
          answer.addTopics(byName(newest, name));
        }
      }
    }
    request.getTopicsList().forEach(name -> answer.addTopics(byName(newest, name)));
    request.getTopicIdsList().forEach(id -> answer.addTopics(byId(newest, id)));
    Replies.now(call, answer.build());
  }

  private TopicMetadata byName(MetadataImage newest, String name) {
    Optional<MillraceError> refusal = refusal(name);
    Optional<TopicImage> topic = newest.topic(name);
    if (refusal.isEmpty() && topic.isPresent()) {
      return TopicViews.metadata(newest, topic.get());
    }
    MillraceError error = refusal.orElseGet(() -> TopicViews.unknownTopic(name));
    return TopicMetadata.newBuilder().setName(name).setError(RpcErrors.toProto(error)).build();
  }

  private Optional<MillraceError> refusal(String topic) {
    try {
      authorizer.check(RequestContext.current(), Operation.DESCRIBE, topic);
      return Optional.empty();
    } catch (MillraceException refused) {
      return Optional.of(refused.error());
    }
  }

  private TopicMetadata byId(MetadataImage newest, ByteString id) {
    Optional<TopicImage> topic = newest.topic(TopicIds.fromBytes(id));
    Optional<MillraceError> refusal = topic.map(TopicImage::name).flatMap(this::refusal);
    if (topic.isPresent() && refusal.isEmpty()) {
      return TopicViews.metadata(newest, topic.get());
    }
    MillraceError error =
        refusal.orElseGet(
            () ->
                new MillraceError(
                    ErrorCode.UNKNOWN_TOPIC_ID,
                    "no topic has the id " + Uuids.fromBytes(id) + " (any more)"));
    return TopicMetadata.newBuilder().setTopicId(id).setError(RpcErrors.toProto(error)).build();
  }

  private static BrokerEndpoint endpoint(BrokerImage broker) {
    return BrokerEndpoint.newBuilder()
        .setNodeId(broker.id())
        .setHost(broker.clientEndpoint().host())
        .setPort(broker.clientEndpoint().port())
        .setRack(broker.rack())
        .setFenced(broker.fenced())
        .build();
  }
}
