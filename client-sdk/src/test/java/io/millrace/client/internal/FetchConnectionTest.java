package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.common.time.SystemClock;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.SubscribePartition;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FetchConnectionTest extends ReadingTest {
  private final Queue<FetchEvent> events = new ConcurrentLinkedQueue<>();

  /** Until a call is over, its transport keeps the memory of what came in. */
  @Test
  void aCallIsOverAfterItsCloseThoughItsConnectionBrokeWhileMessagesWaited() {
    broker.onSend = message -> Collections.nCopies(FetchConnection.MESSAGES_AHEAD, message);
    try (ClusterClient cluster = new ClusterClient(broker.config().build(), new SystemClock())) {
      FetchConnection connection = open(cluster);
      await().until(() -> events.size() == FetchConnection.MESSAGES_AHEAD);
      broker.stop();
      assertThat(events).as("more messages wait").noneMatch(FetchEvent.Ended.class::isInstance);
      connection.close();
      await().until(() -> events.stream().anyMatch(FetchEvent.Ended.class::isInstance));
    }
  }

  private FetchConnection open(ClusterClient cluster) {
    BrokerAddress address = new BrokerAddress("127.0.0.1", broker.port());
    FetchConnection connection =
        FetchConnection.open(
            address,
            ConsumerConfig.defaults(),
            cluster.channels().channel(address),
            FetchConnection.Wire.of(new ArrayPool(0), events::add, cluster.clock()::monotonicMs));
    for (int partition : List.of(0, 1)) {
      connection.subscribe(
          SubscribePartition.newBuilder()
              .setSubscriptionId(1 + partition)
              .setPartition(
                  FetchPartition.newBuilder()
                      .setTopicId(Uuids.toBytes(broker.topicId))
                      .setPartition(partition))
              .build());
    }
    return connection;
  }
}
