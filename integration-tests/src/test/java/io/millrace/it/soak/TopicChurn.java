package io.millrace.it.soak;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.TopicPartition;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Creates a topic, fills it, reads it and deletes it, with connections of its own each time. */
final class TopicChurn implements SoakWorker {
  private static final int RECORDS = 500;
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration PAUSE = Duration.ofMillis(700);
  private static final int POLLS_MAX = 300;

  private final ClientConfig config;
  private final AtomicLong topics;

  TopicChurn(ClientConfig config, AtomicLong topics) {
    this.config = config;
    this.topics = topics;
  }

  @Override
  public void run(SoakStop stop) {
    for (int i = 0; !stop.isSet(); i++) {
      String topic = "churn-" + i;
      try (MillraceClient client = MillraceClient.connect(config)) {
        client.admin().createTopic(NewTopic.of(topic, 2));
        fill(client, topic);
        read(client, topic, stop);
        client.admin().deleteTopic(topic);
        topics.incrementAndGet();
      }
      stop.await(PAUSE);
    }
  }

  private static void fill(MillraceClient client, String topic) {
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      for (int i = 0; i < RECORDS; i++) {
        producer.sendAndForget(ProducerRecord.of(topic, new byte[100]).toPartition(i % 2));
      }
    }
  }

  private static void read(MillraceClient client, String topic, SoakStop stop) {
    int read = 0;
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      consumer.assign(new TopicPartition(topic, 0), OffsetSpec.earliest());
      consumer.assign(new TopicPartition(topic, 1), OffsetSpec.earliest());
      for (int polls = 0; read < RECORDS && polls < POLLS_MAX; polls++) {
        read += consumer.poll(POLL).size();
      }
    }
    if (read != RECORDS) {
      stop.fail(topic + ": read " + read + " records (expected: " + RECORDS + ")");
    }
  }
}
