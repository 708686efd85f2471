package io.millrace.metadata.ratis;

import java.util.EnumSet;
import java.util.Optional;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.server.GrpcServices;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;

/**
 * Lets through Ratis's listener only what peers say to this one. Thread-safe.
 *
 * <p>By default the listener also has the services with which anyone could write entries and change
 * the membership; ours are submitted in-process. And Ratis does not look whom a request is for: a
 * voter that comes back as another one, its disk being lost, at the same address, would vote and
 * acknowledge in the name of the one that it was.
 */
final class PeersOnly implements GrpcServices.Customizer, ServerInterceptor {
  private static final String OF_PEERS = "ratis.grpc.RaftServerProtocolService";

  private final RaftPeerId self;

  private PeersOnly(RaftPeerId self) {
    this.self = self;
  }

  static Parameters parameters(RaftPeerId self) {
    Parameters parameters = new Parameters();
    GrpcConfigKeys.Server.setServicesCustomizer(parameters, new PeersOnly(self));
    return parameters;
  }

  @Override
  public NettyServerBuilder customize(
      NettyServerBuilder builder, EnumSet<GrpcServices.Type> types) {
    return builder.intercept(this);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (OF_PEERS.equals(call.getMethodDescriptor().getServiceName())) {
      return new ForSelf<>(call, next.startCall(call, headers), self);
    }
    call.close(
        Status.PERMISSION_DENIED.withDescription(
            "the quorum listener is for voters only; administer through the client listener"),
        new Metadata());
    return new ServerCall.Listener<>() {};
  }

  /** Ends a call with the first request that is for another voter. */
  private static final class ForSelf<Q> extends SimpleForwardingServerCallListener<Q> {
    private final ServerCall<Q, ?> call;
    private final RaftPeerId self;

    /** Confined to the call's thread. */
    private boolean ended;

    ForSelf(ServerCall<Q, ?> call, ServerCall.Listener<Q> delegate, RaftPeerId self) {
      super(delegate);
      this.call = call;
      this.self = self;
    }

    @Override
    public void onMessage(Q message) {
      Optional<RaftPeerId> meant =
          header(message).map(RaftRpcRequestProto::getReplyId).map(RaftPeerId::valueOf);
      if (ended || (meant.isPresent() && !meant.get().equals(self))) {
        end("the voter here is " + self + ", not " + meant.map(Object::toString).orElse("known"));
      } else {
        super.onMessage(message);
      }
    }

    @Override
    public void onHalfClose() {
      if (!ended) {
        super.onHalfClose();
      }
    }

    private void end(String why) {
      if (!ended) {
        ended = true;
        call.close(Status.FAILED_PRECONDITION.withDescription(why), new Metadata());
      }
    }

    private static Optional<RaftRpcRequestProto> header(Object message) {
      if (message instanceof AppendEntriesRequestProto append) {
        return Optional.of(append.getServerRequest());
      } else if (message instanceof RequestVoteRequestProto vote) {
        return Optional.of(vote.getServerRequest());
      } else if (message instanceof InstallSnapshotRequestProto snapshot) {
        return Optional.of(snapshot.getServerRequest());
      } else if (message instanceof StartLeaderElectionRequestProto election) {
        return Optional.of(election.getServerRequest());
      } else if (message instanceof ReadIndexRequestProto read) {
        return Optional.of(read.getServerRequest());
      }
      return Optional.empty();
    }
  }
}
