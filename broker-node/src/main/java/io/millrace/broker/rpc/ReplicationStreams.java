package io.millrace.broker.rpc;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.broker.replica.LeaderStreams;
import io.millrace.broker.replica.link.FollowerFrame;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.rpc.Failures;
import io.millrace.metadata.rpc.NodeChannels;
import io.millrace.proto.internal.v1.ReplicateRequest;
import io.millrace.proto.internal.v1.ReplicationServiceGrpc;
import io.millrace.proto.internal.v1.RequestContext;
import org.jspecify.annotations.Nullable;

/** Replicate streams over gRPC. Thread-safe. */
public final class ReplicationStreams implements LeaderStreams {
  private final MethodDescriptor<ReplicateRequest, LeaderFrame> method =
      method(ReplicationServiceGrpc.getReplicateMethod());
  private final NodeChannels channels;
  private final RequestContext context;

  /**
   * The way to the others.
   *
   * @param channels connections that carry nothing else: their window is for records
   */
  public ReplicationStreams(String clusterId, int nodeId, NodeChannels channels) {
    this.channels = channels;
    this.context =
        RequestContext.newBuilder().setClusterId(clusterId).setNodeId(nodeId).setHops(1).build();
  }

  private static MethodDescriptor<ReplicateRequest, LeaderFrame> method(
      MethodDescriptor<ReplicateRequest, ?> generated) {
    return generated.toBuilder(generated.getRequestMarshaller(), ReplicationEndpoint.frames())
        .build();
  }

  @Override
  public LeaderStream open(Endpoint leader, Listener listener) {
    ClientCall<ReplicateRequest, LeaderFrame> call =
        channels.to(leader).newCall(method, CallOptions.DEFAULT);
    Answers answers = new Answers(listener);
    ClientCalls.asyncBidiStreamingCall(call, answers);
    return new Stream(answers.requests());
  }

  private final class Stream implements LeaderStream {
    private final ClientCallStreamObserver<ReplicateRequest> requests;

    Stream(ClientCallStreamObserver<ReplicateRequest> requests) {
      this.requests = requests;
    }

    @Override
    public void send(FollowerFrame frame) {
      requests.onNext(ReplicateCodec.write(frame, context));
    }

    @Override
    public void cancel(String why) {
      requests.cancel(why, null);
    }
  }

  /**
   * What comes. Nothing holds the transport back: the credits do, of which the follower gives more
   * only as records are appended.
   */
  private static final class Answers
      implements ClientResponseObserver<ReplicateRequest, LeaderFrame> {
    private final Listener listener;
    private @Nullable ClientCallStreamObserver<ReplicateRequest> requests;

    Answers(Listener listener) {
      this.listener = listener;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<ReplicateRequest> stream) {
      requests = stream;
    }

    ClientCallStreamObserver<ReplicateRequest> requests() {
      if (requests == null) {
        throw new IllegalStateException("the call has not begun");
      }
      return requests;
    }

    @Override
    public void onNext(LeaderFrame frame) {
      listener.received(frame);
    }

    @Override
    public void onError(Throwable thrown) {
      listener.lost(Failures.text(thrown));
    }

    @Override
    public void onCompleted() {
      listener.lost("the leader has ended the stream");
    }
  }
}
