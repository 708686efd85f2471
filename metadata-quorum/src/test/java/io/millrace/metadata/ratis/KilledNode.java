package io.millrace.metadata.ratis;

import io.millrace.common.file.RealFileStore;
import io.millrace.common.time.SystemClock;
import io.millrace.metadata.ThrowingFaults;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.Cluster;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.controller.RequestOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * The program of a process that is killed: creates topics without end and prints the name of each
 * that was acknowledged.
 */
final class KilledNode {
  private KilledNode() {}

  public static void main(String[] args) {
    RatisMetadataQuorum quorum = quorum(Path.of(args[0]));
    quorum.start();
    quorum.submit(Cluster.register(1, ""), Duration.ofMinutes(1)).join();
    long epoch = quorum.image().broker(1).orElseThrow().epoch();
    quorum.submit(BrokerHeartbeat.of(1, epoch, epoch), Duration.ofMinutes(1)).join();
    Queue<CompletableFuture<CommandResult>> underWay = new ArrayDeque<>();
    for (int i = 0; ; i++) {
      String name = args[1] + i;
      CreateTopic create = new CreateTopic(name, 2, 1, Map.of(), RequestOptions.NONE);
      underWay.add(
          quorum
              .submit(create, Duration.ofMinutes(1))
              .whenComplete(
                  (result, error) -> {
                    if (result instanceof TopicResult) {
                      System.out.println(name);
                    }
                  }));
      if (underWay.size() > 20) {
        underWay.remove().join();
      }
    }
  }

  static RatisMetadataQuorum quorum(Path data) {
    RatisSettings settings =
        new RatisSettings(
            "c1",
            1,
            new UUID(1, 2),
            data.resolve("metadata"),
            "127.0.0.1",
            0,
            new RatisSettings.SnapshotPolicy(50, 1L << 30));
    MetadataStorage.format(new RealFileStore(), settings);
    return new RatisMetadataQuorum(
        settings,
        ControllerSettings.DEFAULTS,
        UUID::randomUUID,
        new RealFileStore(),
        new SystemClock(),
        new ThrowingFaults());
  }
}
