package io.millrace.bench.kafka.side;

import io.millrace.bench.kafka.load.Receiver;
import io.millrace.bench.kafka.load.SendListener;
import io.millrace.bench.kafka.load.Sender;
import io.millrace.bench.kafka.load.Side;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Apache Kafka's Java client. Settings are those of the client, under its names. */
public final class KafkaSide implements Side {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final Map<String, Object> common;
  private final Admin admin;

  /** A client of the broker at host:port, with settings for all that is made from it. */
  public KafkaSide(String bootstrap, Map<String, String> settings) {
    common = new HashMap<>(settings);
    common.put("bootstrap.servers", bootstrap);
    admin = Admin.create(common);
  }

  @Override
  public int brokers() throws Exception {
    return admin.describeCluster().nodes().get().size();
  }

  @Override
  public void createTopic(String name, int partitions, int replicas, Map<String, String> configs)
      throws Exception {
    NewTopic topic = new NewTopic(name, partitions, (short) replicas).configs(configs);
    admin.createTopics(List.of(topic)).all().get();
  }

  @Override
  public void deleteTopic(String name) throws Exception {
    admin.deleteTopics(List.of(name)).all().get();
  }

  @Override
  public Sender sender(String topic, Map<String, String> settings) {
    Map<String, Object> all = new HashMap<>(common);
    all.putAll(settings);
    return new KafkaSender(
        topic, new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer()));
  }

  @Override
  public Receiver receiver(String topic, int partitions, Map<String, String> settings) {
    Map<String, Object> all = new HashMap<>(common);
    all.put("enable.auto.commit", "false");
    all.putAll(settings);
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> assigned = partitions(topic, partitions);
    consumer.assign(assigned);
    consumer.seekToBeginning(assigned);
    return new KafkaReceiver(topic, consumer);
  }

  @Override
  public long[] ends(String topic, int partitions) throws Exception {
    Map<TopicPartition, OffsetSpec> places = new HashMap<>();
    partitions(topic, partitions).forEach(place -> places.put(place, OffsetSpec.latest()));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return ends(admin.listOffsets(places).all().get(), partitions);
      } catch (ExecutionException e) {
        if (!isUnknownYet(e) || System.nanoTime() > deadline) {
          throw e;
        }
        Thread.sleep(PAUSE.toMillis());
      }
    }
  }

  /** A broker may be asked that has not heard of a topic that was just made. */
  private static boolean isUnknownYet(ExecutionException thrown) {
    return thrown.getCause() instanceof UnknownTopicOrPartitionException;
  }

  private static long[] ends(Map<TopicPartition, ListOffsetsResultInfo> found, int partitions) {
    long[] ends = new long[partitions];
    found.forEach((place, end) -> ends[place.partition()] = end.offset());
    return ends;
  }

  private static List<TopicPartition> partitions(String topic, int count) {
    return IntStream.range(0, count).mapToObj(i -> new TopicPartition(topic, i)).toList();
  }

  @Override
  public void close() {
    admin.close();
  }

  private record KafkaSender(String topic, KafkaProducer<byte[], byte[]> producer)
      implements Sender {
    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the callback is told the same
    public void send(byte[] value, SendListener listener) {
      producer.send(
          new ProducerRecord<>(topic, value), (metadata, failure) -> listener.done(failure));
    }

    @Override
    public void close() {
      producer.close();
    }
  }

  private record KafkaReceiver(String topic, KafkaConsumer<byte[], byte[]> consumer)
      implements Receiver {
    @Override
    public void poll(Duration timeout, Sink sink) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(timeout)) {
        sink.record(record.partition(), record.offset(), record.value());
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
