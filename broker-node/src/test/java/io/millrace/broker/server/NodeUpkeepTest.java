package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.file.RealFileStore;
import io.millrace.common.net.FreePorts;
import io.millrace.common.time.SystemClock;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerStart;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.ratis.RatisMetadataQuorum;
import io.millrace.proto.v1.BrokerEndpoint;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.MetadataServiceGrpc;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node's controller does by itself. */
class NodeUpkeepTest {
  @TempDir Path data;

  /** The metadata know of a broker 2 whose process has ended. */
  @Test
  void aBrokerWhoseProcessHasEndedIsFencedAndTheNodesOwnIsNot() throws Exception {
    TestNode.start(data).close();
    registerAnother(FreePorts.inARow(1));
    try (TestNode node = TestNode.start(data)) {
      MetadataServiceGrpc.MetadataServiceBlockingStub metadata =
          MetadataServiceGrpc.newBlockingStub(node.channel());
      await()
          .pollInterval(Duration.ofMillis(20))
          .until(() -> broker(metadata, 2).getFenced() && !broker(metadata, 1).getFenced());
      assertThat(node.server().ready()).isTrue();
    }
  }

  private static BrokerEndpoint broker(
      MetadataServiceGrpc.MetadataServiceBlockingStub metadata, int id) {
    return metadata.getMetadata(GetMetadataRequest.getDefaultInstance()).getBrokersList().stream()
        .filter(broker -> broker.getNodeId() == id)
        .findFirst()
        .orElseThrow();
  }

  private void registerAnother(int port) {
    EffectiveConfig config = TestNode.settings(data).build();
    ServerEnvironment environment =
        new ServerEnvironment(
            new RealFileStore(),
            new SystemClock(),
            (message, cause) -> new IllegalStateException(message, cause));
    DataDirs dirs = DataDirs.open(environment.store(), config, Optional.empty());
    try (MetadataQuorum quorum =
        new RatisMetadataQuorum(
            Wiring.ratis(config, dirs),
            ControllerSettings.DEFAULTS,
            UUID::randomUUID,
            environment.store(),
            environment.clock(),
            environment.faults())) {
      quorum.start();
      carryOut(
          quorum,
          new Command.RegisterBroker(
              2,
              UUID.randomUUID(),
              new Endpoint("127.0.0.1", port),
              Optional.of(new Endpoint("127.0.0.1", port)),
              "",
              FeatureRange.SUPPORTED,
              BrokerStart.clean(List.of(UUID.randomUUID()))));
      long epoch = quorum.image().broker(2).orElseThrow().epoch();
      carryOut(quorum, BrokerHeartbeat.of(2, epoch, epoch));
      assertThat(quorum.image().broker(2).orElseThrow().fenced()).isFalse();
    } finally {
      dirs.release();
    }
  }

  private static void carryOut(MetadataQuorum quorum, Command command) {
    assertThat(quorum.submit(command, Duration.ofSeconds(20)).join())
        .isNotInstanceOf(CommandResult.Refused.class);
  }
}
