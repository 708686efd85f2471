package io.millrace.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import io.millrace.client.api.TopicDescription;
import io.millrace.common.TopicPartition;
import io.millrace.it.node.LocalNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** Runs every sample of the consumer and of the admin client. */
@TestInstance(Lifecycle.PER_CLASS)
class ConsumerSamplesTest {
  private static final int RECORDS = 60;

  private LocalNode node;
  private MillraceClient client;

  @BeforeAll
  void start(@TempDir Path data) {
    node = new LocalNode(data);
    client = node.connect();
  }

  @AfterAll
  void stop() {
    client.close();
    node.close();
  }

  /** A topic of two partitions with as many records in each. */
  private List<TopicPartition> filled(String topic) {
    client.admin().createTopic(NewTopic.of(topic, 2));
    send(topic, 0, RECORDS);
    return List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
  }

  private void send(String topic, int from, int to) {
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      for (int i = from; i < to; i++) {
        byte[] value = ("v" + i).getBytes(StandardCharsets.UTF_8);
        producer.send(ProducerRecord.of(topic, value).toPartition(i % 2).at(1_000_000 + i));
      }
    }
  }

  @Test
  void readFromTheBeginning() {
    filled("beginning");
    assertThat(ReadFromTheBeginning.run(client, "beginning"))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, RECORDS).mapToObj(i -> "v" + i).toList());
  }

  @Test
  void followFromTheEnd() {
    TopicPartition partition = filled("end").get(0);
    List<String> seen = new ArrayList<>();
    FollowFromTheEnd.run(
        client,
        partition,
        () -> send("end", RECORDS, RECORDS + 4),
        value -> {
          seen.add(value);
          return seen.size() < 2;
        });
    assertThat(seen).containsExactly("v60", "v62");
  }

  @Test
  void readFromATime() {
    TopicPartition partition = filled("time").get(1);
    assertThat(ReadFromATime.run(client, partition, Instant.ofEpochMilli(1_000_030)))
        .first()
        .satisfies(record -> assertThat(record.timestampMs()).isEqualTo(1_000_031));
  }

  @Test
  void pauseForBackPressure() throws Exception {
    List<TopicPartition> partitions = filled("pressure");
    List<Long> first = Collections.synchronizedList(new ArrayList<>());
    List<Long> second = Collections.synchronizedList(new ArrayList<>());
    PauseForBackPressure.run(
        client,
        partitions,
        RECORDS,
        record -> (record.partition() == 0 ? first : second).add(record.offset()));
    List<Long> all = LongStream.range(0, RECORDS / 2).boxed().toList();
    assertThat(first).isEqualTo(all);
    assertThat(second).isEqualTo(all);
  }

  @Test
  void seekAndReplay() {
    TopicPartition partition = filled("replay").get(0);
    assertThat(SeekAndReplay.run(client, partition, 20))
        .containsExactlyElementsOf(
            LongStream.concat(LongStream.range(0, 30), LongStream.range(20, 30)).boxed().toList());
  }

  @Test
  void watchTheLag() {
    TopicPartition partition = filled("lag").get(0);
    assertThat(WatchTheLag.run(client, partition))
        .isSortedAccordingTo(Collections.reverseOrder())
        .endsWith(0L);
  }

  @Test
  void manageTopics() {
    TopicDescription created = ManageTopics.create(client, "managed");
    assertThat(ManageTopics.create(client, "managed").id()).isEqualTo(created.id());
    assertThat(ManageTopics.keepForAnHour(client, "managed").configs())
        .anyMatch(c -> c.key().equals("retention.ms") && c.value().equals("3600000"));
    send("managed", 0, 20);
    assertThat(ManageTopics.bounds(client, "managed")).isEqualTo(new ManageTopics.Bounds(0, 10));
    ManageTopics.deleteTheFirst(client, new TopicPartition("managed", 0), 4);
    assertThat(ManageTopics.bounds(client, "managed")).isEqualTo(new ManageTopics.Bounds(4, 10));
    ManageTopics.delete(client, "managed");
    assertThatThrownBy(() -> client.admin().describeTopic("managed"))
        .hasMessageContaining("UNKNOWN_TOPIC");
  }
}
