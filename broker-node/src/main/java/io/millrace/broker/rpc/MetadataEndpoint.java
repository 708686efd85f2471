package io.millrace.broker.rpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.record.Compression;
import io.millrace.metadata.MetadataQuorum;
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

/** Answers from the node's own image. Thread-safe. */
final class MetadataEndpoint extends MetadataServiceGrpc.MetadataServiceImplBase {
  private final NodeInfo node;
  private final MetadataQuorum quorum;
  private final Authorizer authorizer;

  MetadataEndpoint(NodeInfo node, MetadataQuorum quorum, Authorizer authorizer) {
    this.node = node;
    this.quorum = quorum;
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
    MetadataImage image = quorum.image();
    GetMetadataResponse.Builder answer =
        GetMetadataResponse.newBuilder()
            .setClusterId(node.clusterId())
            .setRevision(image.revision())
            .setControllerId(image.controller().nodeId());
    image.brokers().values().forEach(broker -> answer.addBrokers(endpoint(broker)));
    if (request.getTopicsCount() == 0 && request.getTopicIdsCount() == 0) {
      for (String name : image.topics().idsByName().keySet()) {
        answer.addTopics(byName(image, name));
      }
    }
    request.getTopicsList().forEach(name -> answer.addTopics(byName(image, name)));
    request.getTopicIdsList().forEach(id -> answer.addTopics(byId(image, id)));
    Replies.now(call, answer.build());
  }

  private TopicMetadata byName(MetadataImage image, String name) {
    authorizer.check(RequestContext.current(), Operation.DESCRIBE, name);
    Optional<TopicImage> topic = image.topic(name);
    return topic
        .map(TopicViews::metadata)
        .orElseGet(
            () ->
                TopicMetadata.newBuilder()
                    .setName(name)
                    .setError(RpcErrors.toProto(TopicViews.unknownTopic(name)))
                    .build());
  }

  private TopicMetadata byId(MetadataImage image, ByteString id) {
    Optional<TopicImage> topic = image.topic(TopicIds.fromBytes(id));
    if (topic.isPresent()) {
      authorizer.check(RequestContext.current(), Operation.DESCRIBE, topic.get().name());
      return TopicViews.metadata(topic.get());
    }
    MillraceError error =
        new MillraceError(
            ErrorCode.UNKNOWN_TOPIC_ID,
            "no topic has the id " + Uuids.fromBytes(id) + " (any more)");
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
