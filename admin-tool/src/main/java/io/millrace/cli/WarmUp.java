package io.millrace.cli;

import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.common.time.SystemClock;
import io.millrace.proto.v1.GetTopicRequest;
import io.millrace.proto.v1.GetTopicResponse;
import io.millrace.proto.v1.ListTopicsRequest;
import io.millrace.proto.v1.ListTopicsResponse;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.Topic;
import io.millrace.proto.v1.TopicServiceGrpc;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Runs client commands against a server that knows one topic, and throws their output away. The
 * launcher runs it once after a build with {@code -XX:ArchiveClassesAtExit}, so that later commands
 * find their classes loaded and checked.
 */
final class WarmUp {
  private static final Topic TOPIC =
      Topic.newBuilder().setName("t").addPartitions(PartitionMetadata.newBuilder()).build();

  private WarmUp() {}

  public static void main(String[] args) throws IOException {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new OneTopic())
            .build()
            .start();
    String bootstrap = "127.0.0.1:" + server.getPort();
    run("--version");
    run("--help");
    run("topic", "list", "--bootstrap", bootstrap);
    run("topic", "list", "-o", "json", "--bootstrap", bootstrap);
    run("topic", "describe", "t", "--bootstrap", bootstrap);
    run("topic", "list", "--bootstrap", "127.0.0.1:1");
    run("topic", "lsit");
    run("config", "show");
    server.shutdownNow();
    System.exit(0);
  }

  private static void run(String... command) {
    PrintStream nowhere =
        new PrintStream(java.io.OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    CliContext context =
        new CliContext(
            new ByteArrayInputStream(new byte[0]),
            nowhere,
            nowhere,
            Map.of(),
            false,
            "millrace",
            new SystemClock());
    Millrace.run(context, command);
  }

  private static final class OneTopic extends TopicServiceGrpc.TopicServiceImplBase {
    @Override
    public void listTopics(ListTopicsRequest request, StreamObserver<ListTopicsResponse> observer) {
      observer.onNext(ListTopicsResponse.newBuilder().addTopics(TOPIC).build());
      observer.onCompleted();
    }

    @Override
    public void getTopic(GetTopicRequest request, StreamObserver<GetTopicResponse> observer) {
      observer.onNext(GetTopicResponse.newBuilder().setTopic(TOPIC).build());
      observer.onCompleted();
    }
  }
}
