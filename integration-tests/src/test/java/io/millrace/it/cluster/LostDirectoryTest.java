package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.PartitionDescription;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.ErrorCode;
import io.millrace.common.TopicPartition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data directory of a broker process is away for one start and there for the next. */
class LostDirectoryTest {
  private static final Map<TopicPartition, OffsetSpec> ENDS =
      Map.of(
          new TopicPartition("spread", 0), OffsetSpec.latest(),
          new TopicPartition("spread", 1), OffsetSpec.latest());

  @TempDir Path home;

  /** S34: the other directory goes on, and the lost one is led again with all its records. */
  @Test
  void S34_partitionsOfADirectoryThatIsBackAreLedAgain() throws Exception {
    Path second = home.resolve("b");
    Map<String, String> settings = Map.of("data.dirs", home.resolve("a") + "," + second);
    try (BrokerProcess broker = BrokerProcess.start(home, settings)) {
      fill(broker);
      assertThat(broker.stop()).isZero();
      Path away = Files.move(second, home.resolve("away"));
      Files.createSymbolicLink(second, second); // Nothing can be read or made there.
      broker.restart();
      try (MillraceClient client = connect(broker)) {
        List<PartitionDescription> lost =
            client.admin().describeTopic("spread").partitions().stream()
                .filter(partition -> partition.leader() == 0)
                .toList();
        assertThat(lost).hasSize(1);
        assertThat(lost.get(0).whyNoLeader().orElseThrow().code())
            .isEqualTo(ErrorCode.LOG_DIR_OFFLINE);
        assertThat(client.admin().offsetsNow(ENDS).offsets().values()).containsExactly(1L);
      }
      broker.kill();
      Files.delete(second);
      Files.move(away, second);
      broker.restart();
      try (MillraceClient client = connect(broker)) {
        assertThat(client.admin().describeTopic("spread").partitions())
            .allMatch(partition -> partition.leader() == 1);
        assertThat(client.admin().offsets(ENDS).values()).containsExactly(1L, 1L);
      }
    }
  }

  private static void fill(BrokerProcess broker) {
    try (MillraceClient client = connect(broker);
        Producer producer = client.producer(ProducerConfig.defaults())) {
      client.admin().createTopic(NewTopic.of("spread", 2));
      producer.sendAndWait(ProducerRecord.of("spread", new byte[10]).toPartition(0));
      producer.sendAndWait(ProducerRecord.of("spread", new byte[10]).toPartition(1));
    }
  }

  private static MillraceClient connect(BrokerProcess broker) {
    return MillraceClient.connect(
        ClientConfig.builder().bootstrap(BrokerAddress.parseList(broker.bootstrap())).build());
  }
}
