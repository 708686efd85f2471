package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The perf commands against a real node: what they measure adds up, and what they refuse. */
class PerfCommandsTest {
  @TempDir private static Path directory;
  private static TestNode node;

  @BeforeAll
  static void startNode() {
    node = new TestNode(directory.resolve("data"));
  }

  @AfterAll
  static void stopNode() {
    node.close();
  }

  private static JsonObject json(CommandLineRun run) {
    assertThat(run.exitCode()).as(run.err()).isZero();
    return JsonParser.parseString(run.out()).getAsJsonObject();
  }

  private static void assertRatesFit(JsonObject data, long records, long valueBytes) {
    double seconds = data.get("seconds").getAsDouble();
    assertThat(data.get("records").getAsLong()).isEqualTo(records);
    assertThat(seconds).isPositive();
    // The seconds are rounded.
    double least = seconds - 0.0006;
    double most = seconds + 0.0006;
    double rate = data.get("records_per_s").getAsDouble();
    assertThat(rate).isBetween(records / most - 1, least > 0 ? records / least + 1 : 1e12);
    double mbPerRecord = valueBytes / 1_048_576.0 / records;
    assertThat(data.get("mb_per_s").getAsDouble())
        .isBetween(rate * mbPerRecord - 0.002, rate * mbPerRecord + 0.002);
  }

  private static void assertAscending(JsonObject latencies) {
    List<Double> values =
        List.of("p50", "p95", "p99", "p999", "max").stream()
            .map(name -> latencies.get(name).getAsDouble())
            .toList();
    assertThat(values).isSorted().allMatch(ms -> ms > 0);
    assertThat(latencies.size()).isEqualTo(values.size());
  }

  private static long recordsIn(String topic) {
    JsonObject described = json(node.run("topic describe " + topic + " -o json"));
    long records = 0;
    for (var partition : described.getAsJsonArray("partitions")) {
      records += partition.getAsJsonObject().get("high_watermark").getAsLong();
    }
    return records;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--acks 0",
        "--acks 1 --no-idempotence",
        "--acks all --codec zstd --batch-bytes 5000 --linger-ms 0 --buffer-bytes 20000",
        "--throughput 20000 --warmup-records 500",
      })
  void producesAsManyRecordsAsAskedForAndTellsRatesAndLatencies(String options) {
    String topic = "produce-" + Math.abs(options.hashCode());
    node.run("topic create " + topic + " --partitions 3");

    CommandLineRun run =
        node.run("perf produce " + topic + " --records 2000 --record-size 100 -o json " + options);

    JsonObject data = json(run);
    assertRatesFit(data, 2000, 200_000);
    assertAscending(data.getAsJsonObject("latency_ms"));
    assertThat(data.get("failed").getAsLong()).isZero();
    assertThat(recordsIn(topic)).isEqualTo(options.contains("warmup") ? 2500 : 2000);
  }

  @Test
  void neverSendsFasterThanTheRate() {
    node.run("topic create paced");
    JsonObject data =
        json(
            node.run(
                "perf produce paced --records 101 --record-size 10 --throughput 1000 -o json"));
    assertThat(data.get("seconds").getAsDouble()).isGreaterThanOrEqualTo(0.1);
  }

  @Test
  void readsFromTheBeginningOfAllPartitions() {
    node.run("topic create read --partitions 3");
    node.run("perf produce read --records 3000 --record-size 50");

    JsonObject data = json(node.run("perf consume read --records 3000 -o json"));

    assertRatesFit(data, 3000, 150_000);
    assertThat(data.get("time_to_first_record_ms").getAsDouble())
        .isPositive()
        .isLessThanOrEqualTo(data.get("seconds").getAsDouble() * 1000 + 1);
    assertRatesFit(json(node.run("perf consume read --records 7 -o json")), 7, 350);
  }

  @Test
  void tellsWhatItHasReadWhenThereIsLessThanAskedFor() {
    node.run("topic create short --partitions 2");
    node.run("perf produce short --records 40 --record-size 10");

    CommandLineRun run = node.run("perf consume short --records 41 --idle-timeout 300ms -o json");

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo("millrace: 40 of 41 records read, then none for 300ms (--idle-timeout)\n");
    assertRatesFit(JsonParser.parseString(run.out()).getAsJsonObject(), 40, 400);
  }

  @Test
  void readsNothingFromAnEmptyTopic() {
    node.run("topic create empty");
    CommandLineRun run = node.run("perf consume empty --records 1 --idle-timeout 1ms");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out())
        .isEqualTo(
            """
            0 records read from empty in 0.000 s: 0 records/s, 0.00 MB/s (MB = 1,048,576 bytes of values)
            """);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--acks 0", "--acks 1 --linger-ms 0", "--acks all --throughput 2000"})
  void measuresSendToAcknowledgementAndToReceipt(String options) {
    String topic = "latency-" + Math.abs(options.hashCode());
    node.run("topic create " + topic + " --partitions 2");
    node.run("perf produce " + topic + " --records 10 --record-size 100");

    JsonObject data =
        json(
            node.run(
                "perf latency "
                    + topic
                    + " --records 60 --record-size 16 --warmup-records 5 -o json "
                    + options));

    assertRatesFit(data, 60, 960);
    assertThat(data.get("received").getAsLong()).isEqualTo(60);
    assertThat(data.get("failed").getAsLong()).isZero();
    assertAscending(data.getAsJsonObject("ack_ms"));
    assertAscending(data.getAsJsonObject("end_to_end_ms"));
    assertThat(recordsIn(topic)).isEqualTo(75);
  }

  @Test
  void tellsPeopleInSentencesAndATable() {
    node.run("topic create people");
    assertThat(node.run("perf produce people --records 20 --record-size 10").out())
        .containsPattern("^20 records sent to people in [0-9.]+ s: [0-9,]+ records/s, ")
        .containsPattern("\n\nMS FROM SEND TO +P50 +P95 +P99 +P99.9 +MAX\nacknowledgement +[0-9]");
    assertThat(node.run("perf consume people --records 20").out())
        .containsPattern("^20 records read from people in .*\nfirst record after [0-9.]+ ms\n$");
    assertThat(node.run("perf latency people --records 2").out())
        .containsPattern("\nacknowledgement .*\nreceipt .*\n$");
  }

  @Test
  void sendsTheLinesOfAFileOrPiecesOfIt() throws IOException {
    Path file = Files.writeString(directory.resolve("payload"), "a\n\nbb\nccc");
    node.run("topic create lines");
    node.run("topic create pieces");

    JsonObject lines =
        json(node.run("perf produce lines --records 5 -o json --payload-file " + file));
    json(
        node.run("perf produce pieces --records 3 --record-size 4 -o json --payload-file " + file));

    assertRatesFit(lines, 5, 1 + 2 + 3 + 1 + 2);
    assertThat(node.run("consume lines").out()).isEqualTo("a\nbb\nccc\na\nbb\n");
    assertThat(node.run("consume pieces").out()).isEqualTo("a\n\nb\nb\ncc\na\n\nb\n");
  }

  @Test
  void refusesAPayloadFileThatGivesNoRecord() throws IOException {
    node.run("topic create unfed");
    Path empty = Files.createFile(directory.resolve("no-lines"));
    Path small = Files.writeString(directory.resolve("small"), "abc");
    String produce = "perf produce unfed --records 1 --payload-file ";
    assertThat(node.run(produce + empty).err())
        .isEqualTo("millrace: " + empty + " is empty (expected: a line or more)\n");
    assertThat(node.run(produce + small + " --record-size 4").err())
        .isEqualTo("millrace: " + small + " has 3 bytes (expected: a record of 4 or more)\n");
    CommandLineRun missing = node.run(produce + "no-such-file");
    assertThat(missing)
        .isEqualTo(new CommandLineRun(1, "", "millrace: there is no file no-such-file\n"));
  }

  @Test
  void tellsHowManyRecordsFailedAndWhyTheFirstDid() {
    node.run("topic create bounded --config max.message.bytes=5000");

    CommandLineRun run = node.run("perf produce bounded --records 4 --record-size 9000 -o json");

    assertThat(run.exitCode()).isEqualTo(1);
    JsonObject data = JsonParser.parseString(run.out()).getAsJsonObject();
    assertThat(data.get("records").getAsLong()).isZero();
    assertThat(data.get("failed").getAsLong()).isBetween(1L, 4L);
    assertThat(data.getAsJsonObject("latency_ms").size()).isZero();
    assertThat(run.err())
        .startsWith("millrace: " + data.get("failed") + " of the records failed, after 0 ")
        .contains("[BATCH_TOO_LARGE]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"produce t --record-size 1", "consume t", "latency t"})
  void namesATopicThatDoesNotExist(String command) {
    CommandLineRun run = node.run("perf " + command + " --records 1");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("millrace: topic 't' does not exist\n");
  }
}
