package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.millrace.broker.server.TwoNodes;
import io.millrace.common.ErrorCode;
import io.millrace.proto.v1.BrokerServiceGrpc;
import io.millrace.proto.v1.BrokerServiceGrpc.BrokerServiceBlockingStub;
import io.millrace.proto.v1.ConfigResource;
import io.millrace.proto.v1.ConfigServiceGrpc;
import io.millrace.proto.v1.ConfigServiceGrpc.ConfigServiceBlockingStub;
import io.millrace.proto.v1.ListConfigsRequest;
import io.millrace.proto.v1.ListLogDirsRequest;
import io.millrace.proto.v1.ListLogDirsResponse;
import io.millrace.proto.v1.ListReplicasRequest;
import io.millrace.proto.v1.UpdateConfigsRequest;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is told of a broker whose process has ended. */
@Timeout(60)
class AwayBrokerTest {
  @TempDir Path data;

  @Test
  void itsRowHasAnErrorAndTheOthersAreToldAndItCanBeConfigured() throws Exception {
    try (TwoNodes nodes = TwoNodes.start(data)) {
      nodes.follower().server().close();
      BrokerServiceBlockingStub brokers =
          BrokerServiceGrpc.newBlockingStub(nodes.controller().channel());
      ConfigServiceBlockingStub configs =
          ConfigServiceGrpc.newBlockingStub(nodes.controller().channel());
      ListLogDirsResponse dirs = brokers.listLogDirs(ListLogDirsRequest.getDefaultInstance());
      assertThat(dirs.getBrokers(0).getLogDirsList()).hasSize(1);
      assertThat(Api.code(dirs.getBrokers(1).getError())).isEqualTo("BROKER_NOT_AVAILABLE");
      assertThat(dirs.getBrokers(1).getError().getMessage())
          .startsWith("broker 2 at 127.0.0.1:")
          .endsWith(" refuses the connection: its process does not run");
      Api.refused(
          ErrorCode.BROKER_NOT_AVAILABLE,
          Status.Code.UNAVAILABLE,
          () -> brokers.listReplicas(ListReplicasRequest.newBuilder().setNodeId(2).build()));
      ConfigResource away = ConfigResource.newBuilder().setBrokerId(2).build();
      Api.refused(
          ErrorCode.BROKER_NOT_AVAILABLE,
          Status.Code.UNAVAILABLE,
          () -> configs.listConfigs(ListConfigsRequest.newBuilder().setResource(away).build()));
      configs.updateConfigs(
          UpdateConfigsRequest.newBuilder()
              .setResource(away)
              .putSet("log.retention.ms", "1h")
              .build());
    }
  }
}
