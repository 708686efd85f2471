package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import io.grpc.channelz.v1.ChannelzGrpc;
import io.grpc.channelz.v1.GetServerRequest;
import io.grpc.channelz.v1.GetServersRequest;
import io.grpc.channelz.v1.Server;
import io.grpc.channelz.v1.ServerData;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.server.TestNode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What tools that know nothing of Millrace find on the client's port. */
class StandardServicesTest {
  @TempDir static Path data;

  private static TestNode node;

  @BeforeAll
  static void start() {
    node = TestNode.start(data);
  }

  @AfterAll
  static void stop() throws InterruptedException {
    node.close();
  }

  @Test
  void reflectionListsEveryService() throws Exception {
    ServerReflectionResponse answer =
        reflect(ServerReflectionRequest.newBuilder().setListServices("*"));
    assertThat(answer.getListServicesResponse().getServiceList())
        .extracting(ServiceResponse::getName)
        .contains(
            "millrace.v1.ProducerService",
            "millrace.v1.FetchService",
            "millrace.v1.SubscriptionService",
            "millrace.v1.MetadataService",
            "millrace.v1.TopicService",
            "grpc.health.v1.Health",
            "grpc.channelz.v1.Channelz",
            "grpc.reflection.v1.ServerReflection");
  }

  @Test
  void reflectionDescribesEveryMethodWithItsMessages() throws Exception {
    for (String service : List.of("ProducerService", "FetchService", "SubscriptionService")) {
      String name = "millrace.v1." + service;
      ServerReflectionResponse answer =
          reflect(ServerReflectionRequest.newBuilder().setFileContainingSymbol(name));
      assertThat(answer.hasErrorResponse()).as("%s", answer).isFalse();
      Map<String, ServiceDescriptorProto> services = new HashMap<>();
      for (ByteString bytes : answer.getFileDescriptorResponse().getFileDescriptorProtoList()) {
        FileDescriptorProto.parseFrom(bytes)
            .getServiceList()
            .forEach(each -> services.put(each.getName(), each));
      }
      assertThat(services).containsKey(service);
      for (MethodDescriptorProto method : services.get(service).getMethodList()) {
        String message = method.getInputType().substring(1);
        assertThat(
                reflect(ServerReflectionRequest.newBuilder().setFileContainingSymbol(message))
                    .hasErrorResponse())
            .as(message)
            .isFalse();
      }
    }
  }

  @Test
  void channelzCountsTheCallsOfEachServer() {
    new Api(node.channel()).topic("counted");
    ChannelzGrpc.ChannelzBlockingStub channelz = ChannelzGrpc.newBlockingStub(node.channel());
    List<Server> servers =
        channelz.getServers(GetServersRequest.getDefaultInstance()).getServerList();
    assertThat(servers).isNotEmpty();
    long calls = 0;
    for (Server server : servers) {
      GetServerRequest request =
          GetServerRequest.newBuilder().setServerId(server.getRef().getServerId()).build();
      ServerData one = channelz.getServer(request).getServer().getData();
      calls += one.getCallsStarted();
    }
    assertThat(calls).isGreaterThanOrEqualTo(2);
  }

  private static ServerReflectionResponse reflect(ServerReflectionRequest.Builder request)
      throws InterruptedException {
    Recorder<ServerReflectionRequest, ServerReflectionResponse> answers = new Recorder<>();
    StreamObserver<ServerReflectionRequest> stream =
        ServerReflectionGrpc.newStub(node.channel()).serverReflectionInfo(answers);
    stream.onNext(request.build());
    ServerReflectionResponse answer = answers.next();
    stream.onCompleted();
    return answer;
  }
}
