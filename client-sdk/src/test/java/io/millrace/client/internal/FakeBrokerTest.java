package io.millrace.client.internal;

import io.millrace.client.api.MillraceClient;
import org.junit.jupiter.api.AfterEach;

/** A fake broker for each test, and a client of it. */
abstract class FakeBrokerTest {
  final FakeBroker broker;
  final MillraceClient client;

  /**
   * Starts the broker.
   *
   * @param partitions of its topic
   */
  FakeBrokerTest(int partitions) {
    broker = new FakeBroker(partitions);
    client = MillraceClient.connect(broker.config().build());
  }

  @AfterEach
  void close() {
    client.close();
    broker.close();
  }
}
