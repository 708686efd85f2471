package io.millrace.bench.kafka.side;

import io.millrace.bench.kafka.load.Receiver;
import io.millrace.bench.kafka.load.SendListener;
import io.millrace.bench.kafka.load.Sender;
import io.millrace.bench.kafka.load.Side;
import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.Acks;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.Compression;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Millrace's Java client. Settings are named after the components of {@link ProducerConfig} and
 * {@link ConsumerConfig}; durations are in milliseconds.
 */
public final class MillraceSide implements Side {
  private final MillraceClient client;

  /** A client of the broker at host:port, with settings for all that is made from it. */
  public MillraceSide(String bootstrap, Map<String, String> settings) {
    ClientConfig.Builder config =
        ClientConfig.builder().bootstrap(BrokerAddress.parseList(bootstrap));
    settings.forEach((name, value) -> set(config, name, value));
    client = MillraceClient.connect(config.build());
  }

  @Override
  public int brokers() {
    return (int) client.admin().cluster().brokers().stream().filter(b -> !b.fenced()).count();
  }

  @Override
  public void createTopic(String name, int partitions, int replicas, Map<String, String> configs) {
    client.admin().createTopic(new NewTopic(name, partitions, replicas, configs));
  }

  @Override
  public void deleteTopic(String name) {
    client.admin().deleteTopic(name);
  }

  @Override
  public Sender sender(String topic, Map<String, String> settings) {
    ProducerConfig.Builder config = ProducerConfig.builder();
    settings.forEach((name, value) -> set(config, name, value));
    return new MillraceSender(topic, client.producer(config.build()));
  }

  @Override
  public Receiver receiver(String topic, int partitions, Map<String, String> settings) {
    ConsumerConfig.Builder config = ConsumerConfig.builder();
    settings.forEach((name, value) -> set(config, name, value));
    Consumer consumer = client.consumer(config.build());
    for (int partition = 0; partition < partitions; partition++) {
      consumer.assign(new TopicPartition(topic, partition), OffsetSpec.earliest());
    }
    return new MillraceReceiver(topic, consumer);
  }

  @Override
  public long[] ends(String topic, int partitions) {
    Map<TopicPartition, OffsetSpec> places = new HashMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      places.put(new TopicPartition(topic, partition), OffsetSpec.latest());
    }
    long[] ends = new long[partitions];
    client.admin().offsets(places).forEach((place, end) -> ends[place.partition()] = end);
    return ends;
  }

  @Override
  public void close() {
    client.close();
  }

  private static void set(ClientConfig.Builder config, String name, String value) {
    switch (name) {
      case "bootstrapPatience" -> config.bootstrapPatience(millis(value));
      case "connectTimeout" -> config.connectTimeout(millis(value));
      case "retryBackoff" -> config.retryBackoff(millis(value), millis(value).multipliedBy(2));
      default -> throw unknown(name);
    }
  }

  private static void set(ProducerConfig.Builder config, String name, String value) {
    switch (name) {
      case "acks" -> config.acks(Acks.parse(value));
      case "batchBytes" -> config.batchBytes(Integer.parseInt(value));
      case "bufferBytes" -> config.bufferBytes(Long.parseLong(value));
      case "compression" -> config.compression(codec(value));
      case "idempotent" -> config.idempotent(Boolean.parseBoolean(value));
      case "linger" -> config.linger(millis(value));
      case "maxInFlightBatches" -> config.maxInFlightBatches(Integer.parseInt(value));
      default -> throw unknown(name);
    }
  }

  private static void set(ConsumerConfig.Builder config, String name, String value) {
    switch (name) {
      case "creditBytes" -> config.creditBytes(Integer.parseInt(value));
      case "maxFetchBytes" -> config.maxFetchBytes(Integer.parseInt(value));
      case "maxPollRecords" -> config.maxPollRecords(Integer.parseInt(value));
      default -> throw unknown(name);
    }
  }

  private static Compression codec(String name) {
    return Compression.valueOf(name.toUpperCase(Locale.ROOT));
  }

  private static Duration millis(String text) {
    return Duration.ofMillis(Long.parseLong(text));
  }

  private static IllegalArgumentException unknown(String name) {
    return new IllegalArgumentException("setting " + name + " is not known here");
  }

  private record MillraceSender(String topic, Producer producer) implements Sender {
    @Override
    public void send(byte[] value, SendListener listener) {
      producer.send(ProducerRecord.of(topic, value), (metadata, failure) -> listener.done(failure));
    }

    @Override
    public void close() {
      producer.close();
    }
  }

  private record MillraceReceiver(String topic, Consumer consumer) implements Receiver {
    @Override
    public void poll(Duration timeout, Sink sink) {
      for (ConsumerRecord record : consumer.poll(timeout)) {
        byte[] value = record.value();
        if (value != null) {
          sink.record(record.partition(), record.offset(), value);
        }
      }
    }

    @Override
    public void rewind(int partition) {
      consumer.seek(new TopicPartition(topic, partition), 0);
    }

    @Override
    public void close() {
      consumer.close();
    }
  }
}
