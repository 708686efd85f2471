package io.millrace.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * S32 on three processes: of a compacted topic the newest value of each key is there, whoever is
 * killed and while it is compacted on every replica.
 */
class CompactedTopicTest {
  private static final String TOPIC = "prices";
  private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
  private static final int NODES = 3;
  private static final int KEYS = 50;
  private static final int ROUNDS = 4;
  private static final int RECORDS_OF_A_ROUND = 5_000;
  private static final Pattern CLEANINGS =
      Pattern.compile("(?m)^millrace_log_cleaner_cleanings(?:\\{.*?})? ([0-9.eE+]+)");

  @TempDir Path home;

  @Test
  void S32_theNewestOfEachKeyOutlivesKillsWhileItsTopicIsCompacted() throws Exception {
    Map<String, String> settings =
        Map.of("log.cleaner.backoff.ms", "50", "log.segment.delete.delay.ms", "1000");
    try (ClusterProcesses cluster = ClusterProcesses.start(home, NODES, settings);
        MillraceClient client = MillraceClient.connect(ClientConfig.of(cluster.bootstrap()))) {
      client
          .admin()
          .createTopic(
              new NewTopic(
                  TOPIC,
                  1,
                  NODES,
                  Map.of(
                      "cleanup.policy", "compact",
                      "segment.bytes", "65536",
                      "min.cleanable.dirty.ratio", "0.1",
                      "min.insync.replicas", "2")));
      awaitAllInSync(client);
      refusesWhatACompactedTopicDoesNotTake(client);
      Map<String, String> newest = new HashMap<>();
      for (int round = 0; round < ROUNDS; round++) {
        newest.putAll(write(client, round));
        for (int node = 1; node <= NODES; node++) {
          awaitCleaning(cluster.node(node));
        }
        int leader = client.admin().describeTopic(TOPIC).partitions().get(0).leader();
        cluster.node(leader).kill();
        assertThat(read(client)).isEqualTo(newest);
        cluster.node(leader).restart();
        awaitAllInSync(client);
      }
      long end = client.admin().offsets(Map.of(PARTITION, OffsetSpec.latest())).get(PARTITION);
      assertThat(end).isGreaterThanOrEqualTo((long) ROUNDS * RECORDS_OF_A_ROUND);
      assertThat(client.admin().offsets(Map.of(PARTITION, OffsetSpec.earliest())))
          .containsEntry(PARTITION, 0L);
    }
  }

  private static void refusesWhatACompactedTopicDoesNotTake(MillraceClient client) {
    assertRefused(
        ErrorCode.POLICY_VIOLATION, () -> client.admin().deleteRecords(Map.of(PARTITION, 0L)));
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      assertRefused(
          ErrorCode.INVALID_RECORD,
          () -> producer.send(ProducerRecord.of(TOPIC, new byte[] {1}).toPartition(0)).join());
    }
  }

  private static void assertRefused(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .satisfies(
            thrown -> {
              Throwable cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
              assertThat(cause).isInstanceOf(MillraceException.class);
              assertThat(((MillraceException) cause).code()).isEqualTo(code);
            });
  }

  private static Map<String, String> write(MillraceClient client, int round) {
    Map<String, String> newest = new HashMap<>();
    try (Producer producer = client.producer(ProducerConfig.defaults())) {
      List<CompletableFuture<?>> open = new ArrayList<>();
      for (int i = 0; i < RECORDS_OF_A_ROUND; i++) {
        String key = "key-" + i % KEYS;
        String value = round + "-" + i + "-".repeat(200);
        newest.put(key, value);
        open.add(producer.send(ProducerRecord.of(TOPIC, bytes(key), bytes(value)).toPartition(0)));
      }
      open.forEach(CompletableFuture::join);
    }
    return newest;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Map<String, String> read(MillraceClient client) {
    Map<String, String> state = new HashMap<>();
    int[] records = {0};
    try (Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      consumer.assign(PARTITION, OffsetSpec.earliest());
      long end =
          atMostAMinute()
              .ignoreExceptions()
              .until(
                  () ->
                      client.admin().offsets(Map.of(PARTITION, OffsetSpec.latest())).get(PARTITION),
                  found -> found > 0);
      atMostAMinute()
          .until(
              () -> {
                for (ConsumerRecord record : consumer.poll(Duration.ofMillis(100))) {
                  records[0]++;
                  state.put(text(record.key()), text(record.value()));
                }
                return consumer.position(PARTITION) >= end;
              });
    }
    assertThat(records[0]).isLessThan(ROUNDS * RECORDS_OF_A_ROUND);
    return state;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void awaitCleaning(BrokerProcess node) {
    atMostAMinute().until(() -> cleanings(node) > 0);
  }

  private static double cleanings(BrokerProcess node) throws IOException, InterruptedException {
    Matcher found = CLEANINGS.matcher(node.get("/metrics").body());
    return found.find() ? Double.parseDouble(found.group(1)) : 0;
  }

  private static void awaitAllInSync(MillraceClient client) {
    atMostAMinute()
        .ignoreExceptions()
        .until(
            () ->
                client.admin().describeTopic(TOPIC).partitions().stream()
                    .allMatch(each -> each.inSyncReplicas().size() == NODES));
  }

  private static ConditionFactory atMostAMinute() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
  }
}
