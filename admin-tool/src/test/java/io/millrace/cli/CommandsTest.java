package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client commands against a real node: outputs and exit codes that scripts rely on. */
class CommandsTest {
  @TempDir private static Path directory;
  private static TestNode node;

  @BeforeAll
  static void startNode() {
    node = new TestNode(directory.resolve("data"));
    assertThat(node.run("topic create orders --partitions 2 --config retention.ms=7d"))
        .isEqualTo(
            new CommandLineRun(
                0, "created topic orders with 2 partitions, replication factor 1\n", ""));
  }

  @AfterAll
  static void stopNode() {
    node.close();
  }

  @Test
  void listsTheNodesAndWhatEachMayDo() {
    assertThat(node.run("cluster nodes").out())
        .isEqualTo(
            "NODE  STATE   CONTROLLER  ADDRESS"
                + " ".repeat(node.bootstrap().length() - "ADDRESS".length())
                + "  RACK\n   1  active  active      "
                + node.bootstrap()
                + "\n");
    assertThat(node.run("cluster nodes -o wide").out()).contains("LOG DIRS").contains("1-1");
    assertThat(node.run("cluster nodes -o json").out())
        .contains("\"state\": \"active\"")
        .contains("\"controller\": true");
  }

  private static String numbers(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(i -> i + "\n").collect(Collectors.joining());
  }

  private static String withoutId(String text) {
    return text.replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}", "ID");
  }

  private static OutputStream failing(String why) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException(why);
      }
    };
  }

  private static CommandLineRun runTo(OutputStream out, String line) {
    return CommandLineRun.to(
        out, Map.of(ConnectionOptions.VARIABLE, node.bootstrap()), line.split(" "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--version",
        "consume --help",
        "config show",
        "topic list",
        "topic list -o json",
        "topic describe orders -o yaml",
        "consume unwritten",
        "consume unwritten -o json",
        "consume unwritten --follow",
        "log dump DATA/unwritten-0",
      })
  void failsWhenItsResultCannotBeWrittenUnlessItsReaderHasSeenEnough(String line) {
    if (!node.run("topic list").out().contains("unwritten")) {
      node.run("topic create unwritten");
      node.runWithInput("a\nb", "produce", "unwritten");
    }
    String command = line.replace("DATA", directory.resolve("data").toString());
    assertThat(runTo(failing("No space left on device"), command))
        .isEqualTo(
            new CommandLineRun(
                1, "", "millrace: cannot write to standard output: No space left on device\n"));
    assertThat(runTo(failing("Broken pipe"), command)).isEqualTo(new CommandLineRun(0, "", ""));
  }

  @Test
  void keepsTheCodeOfAFailureWhoseResultCannotBeWritten() {
    CommandLineRun run = runTo(failing("No space left on device"), "topic lst");
    assertThat(run.exitCode()).isEqualTo(2);
  }

  @Test
  void changesNothingOfATopicWhenOnePartOfTheChangeIsRefused() {
    node.run("topic create half --partitions 2");
    String before = node.run("topic describe half").out();
    for (String change :
        List.of("--partitions 5 --config retention.bytes=bad", "-p 1 -c retention.bytes=5000")) {
      assertThat(node.run("topic alter half " + change).exitCode()).isEqualTo(1);
      assertThat(node.run("topic describe half").out()).as(change).isEqualTo(before);
    }
  }

  @Test
  void describesATopic() {
    node.run("topic create described --partitions 2 --config retention.ms=7d");
    assertThat(withoutId(node.run("topic describe described").out()))
        .isEqualTo(
            """
            topic        described
            id           ID
            replication  1

            PARTITION  LEADER  EPOCH  REPLICAS  ISR  OSR  ELR  START  HW
                    0  1           0  1         1    -    -        0   0
                    1  1           0  1         1    -    -        0   0

            SETTING       VALUE      SOURCE
            retention.ms  604800000  topic
            """);
    assertThat(node.run("topic describe described -o wide").out())
        .contains("retention.bytes")
        .contains("default")
        .contains("PARTITION  REPLICA  ROLE    IN SYNC  START  END  BEHIND\n")
        .contains("        0        1  leader  yes          0    0       0\n");
  }

  @Test
  void listsTopicsForPeopleAndPrograms() {
    assertThat(node.run("topic list").out())
        .startsWith("NAME")
        .containsPattern("(?m)^orders +2 +1$");
    assertThat(withoutId(node.run("topic list -o json").out()))
        .contains("\"name\": \"orders\",\n    \"id\": \"ID\",\n    \"partition_count\": 2,\n");
  }

  @Test
  void changesAndDeletesTopics() {
    node.run("topic create changed");
    assertThat(node.run("topic alter changed --config retention.ms=1h --partitions 3"))
        .isEqualTo(new CommandLineRun(0, "changed topic changed\n", ""));
    assertThat(node.run("topic describe changed -o yaml").out())
        .contains("partition_count: 3")
        .contains("value: \"3600000\"");
    assertThat(node.run("topic alter changed --reset retention.ms").exitCode()).isZero();
    assertThat(node.run("topic describe changed").out()).doesNotContain("retention.ms");
    assertThat(node.run("topic delete changed"))
        .isEqualTo(new CommandLineRun(0, "deleted topic changed\n", ""));
    assertThat(node.run("topic describe changed").exitCode()).isEqualTo(1);
  }

  @Test
  void deletesTheRecordsThatItSaysItWouldDelete() {
    node.run("topic create shortened --partitions 2");
    node.runWithInput(numbers(10), "produce", "shortened", "--partition", "1");
    String command = "topic delete-records shortened -p 0,1 --before-offset ";
    String all =
        """
        PARTITION  FROM  BEFORE  OFFSETS
                0     0       0        0
                1     0      10       10
        """;
    assertThat(node.run(command + "end --validate-only"))
        .isEqualTo(
            new CommandLineRun(
                0, all + "would delete 10 offsets of shortened; nothing was changed\n", ""));
    assertThat(node.run("consume shortened").out()).isEqualTo(numbers(10));

    assertThat(node.run(command.replace("0,1", "1") + "4 -o json"))
        .isEqualTo(
            new CommandLineRun(
                0,
                """
                {
                  "topic": "shortened",
                  "changed": true,
                  "partitions": [
                    {
                      "partition": 1,
                      "former_start_offset": 0,
                      "start_offset": 4,
                      "offsets": 4
                    }
                  ]
                }
                """,
                ""));
    assertThat(node.run("consume shortened").out()).isEqualTo("5\n6\n7\n8\n9\n10\n");

    assertThat(node.run(command + "end").out()).endsWith("deleted 6 offsets of shortened\n");
    assertThat(node.run("consume shortened").out()).isEmpty();
    assertThat(node.run(command + "0").out())
        .as("what is gone is no mistake to delete")
        .endsWith("deleted 0 offsets of shortened\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-p 0",
        "--before-offset 1",
        "-p 0 --before-offset -1",
        "-p 0 --before-offset latest",
        "-p all --before-offset end"
      })
  void deletesNothingUnlessItIsToldWhat(String options) {
    assertThat(node.run("topic delete-records orders " + options).exitCode()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "topic create orders | TOPIC_ALREADY_EXISTS",
        "topic create a/b | INVALID_TOPIC_NAME",
        "topic create .. | INVALID_TOPIC_NAME",
        "topic create x --replication-factor 3 | INVALID_REPLICATION_FACTOR",
        "topic create x --partitions 20000 | INVALID_PARTITION_COUNT",
        "topic create x --config retention.mss=1 | did you mean retention.ms?",
        "topic create x --config retenton.ms=1 | did you mean retention.ms?",
        "topic alter orders --config retenton.ms=1 | did you mean retention.ms?",
        "topic alter orders --reset retenton.ms | did you mean retention.ms?",
        "topic create x --config segmnt.bytes=1 | did you mean segment.bytes?",
        "topic create x --config retention.ms=soon | retention.ms: soon (expected: ",
        "topic alter orders --partitions 1 | INVALID_PARTITION_COUNT",
        "topic delete-records orders -p 7 --before-offset 0 | orders-7 (expected: 0 to 1)",
        "topic delete-records orders -p 0 --before-offset 1 | where the committed records of orders-0 end",
        "consume orders --partition 7 | orders has no partition 7 (expected: 0 to 1)",
      })
  void saysWhatIsWrongWithARequest(String line, String message) {
    CommandLineRun run = node.run(line.strip());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("millrace: ").contains(message.strip());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "topic describe",
        "topic alter -p 3",
        "consume",
        "topic delete-records -p 0 --before-offset end",
        "topic delete"
      })
  void suggestsTheNearestTopicButToNobodyWhoDeletes(String command) {
    CommandLineRun run = node.run(command + " ordres");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo(
            "millrace: topic 'ordres' does not exist\n"
                + (command.contains("delete") ? "" : "  did you mean:  orders\n")
                + "  see them all:  millrace topic list\n");
  }

  @Test
  void tellsWhoSendsHowToCreateTheTopic() {
    CommandLineRun run = node.run("produce ordres");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo(
            """
            millrace: topic 'ordres' does not exist
              did you mean:  orders
              see them all:  millrace topic list
              create it:     millrace topic create ordres --partitions 3
            """);
  }

  @Test
  void pointsToTheSettingsOfTopicsWhenOneOfTheseIsRefused() {
    assertThat(node.run("topic alter orders --config retention.ms=soon").err())
        .contains("  see them all:  millrace topic describe NAME -o wide, or docs/configuration.md")
        .doesNotContain("config show");
    assertThat(node.run("topic create refused --config retentoin.ms=1h").err())
        .contains("  see them all:  millrace topic describe NAME -o wide, or docs/configuration.md")
        .doesNotContain("config show");
  }

  @ParameterizedTest
  @ValueSource(strings = {"topic describe ..", "topic delete a/b", "produce ..", "consume a/b"})
  void saysThatThereCanBeNoTopicOfThatName(String line) {
    CommandLineRun run = node.run(line);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .matches(
            "millrace: topic name: \"(\\.\\.|a/b)\" \\(expected: 1 to 249 characters of"
                + " \\[a-zA-Z0-9._-], not . or ..\\) \\[INVALID_TOPIC_NAME]\n");
  }

  @Test
  void printsATopicForProgramsInOneShapeWhateverWasDone() {
    String created = node.run("topic create shape --partitions 1 -o json").out();
    assertThat(created).contains("\"start_offset\": 0").contains("\"high_watermark\": 0");
    String altered =
        node.run("topic alter shape --config retention.ms=1h --partitions 2 -o json").out();
    assertThat(altered).isEqualTo(node.run("topic describe shape -o json").out());
    assertThat(altered).contains("\"partition\": 1").contains("\"value\": \"3600000\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
  void readsBackWhatWasSent(String codec) {
    String topic = "codec-" + codec;
    node.run("topic create " + topic);
    CommandLineRun sent = node.runWithInput(numbers(5_000), "produce", topic, "--codec", codec);
    assertThat(sent.exitCode()).isZero();
    assertThat(sent.out()).isEmpty();
    assertThat(sent.err()).startsWith("5,000 records sent to " + topic + ", 5,000 acknowledged");
    assertThat(node.run("consume " + topic)).isEqualTo(new CommandLineRun(0, numbers(5_000), ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1", "all"})
  void sendsWithEachKindOfAcks(String acks) {
    String topic = "acks-" + acks;
    node.run("topic create " + topic);
    CommandLineRun sent = node.runWithInput("a\nb", "produce", topic, "--acks", acks, "-o", "json");
    assertThat(sent.exitCode()).isZero();
    assertThat(sent.out())
        .contains("\"sent\": 2")
        .contains("\"acknowledged\": " + (acks.equals("0") ? 0 : 2))
        .contains("\"failed\": 0");
    assertThat(node.run("consume " + topic).out()).isEqualTo("a\nb\n");
  }

  @Test
  void splitsKeysFromValuesAndPrintsByThePattern() {
    node.run("topic create keyed");
    node.runWithInput("k1\tv1\nk2\tv2\nno key", "produce", "keyed", "--key-separator", "\\t");
    assertThat(node.run("consume keyed --format %t/%p/%o_[%k]_%v\\n").out())
        .isEqualTo("keyed/0/0 [k1] v1\nkeyed/0/1 [k2] v2\nkeyed/0/2 [] no key\n");
    assertThat(node.run("consume keyed --max 1 -o json").out())
        .matches(
            "\\{\"topic\":\"keyed\",\"partition\":0,\"offset\":0,\"timestamp\":\\d+,"
                + "\"key\":\"k1\",\"value\":\"v1\"}\n");
  }

  @Test
  void startsWhereItIsTold() {
    node.run("topic create places");
    node.runWithInput(numbers(10), "produce", "places");
    assertThat(node.run("consume places --from 7").out()).isEqualTo("8\n9\n10\n");
    assertThat(node.run("consume places --from 7 --max 1").out()).isEqualTo("8\n");
    assertThat(node.run("consume places --from latest").out()).isEmpty();
    assertThat(node.run("consume places --from 1h").out()).isEqualTo(numbers(10));
    CommandLineRun beyond = node.run("consume places --from 11");
    assertThat(beyond.exitCode()).isZero();
    assertThat(beyond.err()).isEqualTo("no records yet at offset 11; the log ends at 10\n");
  }

  @Test
  void countsWhatWasAcknowledgedWhenARecordIsRefused() {
    node.run("topic create small --config max.message.bytes=1000");
    String input = "a\nb\n" + "x".repeat(2_000) + "\n";
    CommandLineRun run = node.runWithInput(input, "produce", "small", "--partition", "0");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .startsWith("3 records sent to small, ")
        .contains("BATCH_TOO_LARGE")
        .contains("at most 1000, the topic's max.message.bytes")
        .containsPattern("millrace topic alter small --config max.message.bytes=20\\d\\d ")
        .containsPattern("go on:         tail -n \\+[123] INPUT \\| millrace produce small …\n");
  }

  @Test
  void looksIntoTheLogBesideTheRunningBroker() {
    node.run("topic create dumped");
    node.runWithInput("a\nb\n", "produce", "dumped");
    Path partition = directory.resolve("data").resolve("dumped-0");
    CommandLineRun dump = CommandLineRun.of("log", "dump", partition.toString(), "--records");
    assertThat(dump.exitCode()).isZero();
    assertThat(dump.out())
        .contains("base_offset=0 last_offset=1 records=2")
        .contains("crc_valid=true")
        .contains("value=b");
    CommandLineRun verify =
        CommandLineRun.of("log", "verify", directory.resolve("data").toString());
    assertThat(verify.exitCode()).isEqualTo(1);
    assertThat(verify.err()).contains("in use by a running broker").contains("--even-if-in-use");
  }

  /** S25: what the disk has spoilt is not served, and the reader is told how to go on. */
  @Test
  void S25_tellsAtOnceOfACorruptBatchAndHowToGoOnAfterIt() throws IOException {
    node.run("topic create spoilt");
    node.runWithInput("first", "produce", "spoilt");
    node.runWithInput("second", "produce", "spoilt");
    Path segment = directory.resolve("data/spoilt-0/00000000000000000000.log");
    byte[] bytes = Files.readAllBytes(segment);
    bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf("first")] ^= 1;
    Files.write(segment, bytes, StandardOpenOption.WRITE);
    CommandLineRun run = node.run("consume spoilt");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .contains("millrace: spoilt-0: the batch at offset 0 is corrupt: ")
        .contains("millrace consume spoilt --partition 0 --from 1");
    assertThat(node.run("consume spoilt --partition 0 --from 1").out()).isEqualTo("second\n");
  }

  @Test
  void sendsAFileAsItIs() throws IOException {
    Path file = Files.writeString(directory.resolve("lines.txt"), "one\r\n\ntwo");
    node.run("topic create file");
    assertThat(node.runWithInput("", "produce", "file", "--file", file.toString()).exitCode())
        .isZero();
    assertThat(node.run("consume file --format [%v]").out()).isEqualTo("[one\r][][two]");
  }

  @Test
  void refusesANodeOnADirectoryThatIsInUse() {
    String data = directory.resolve("data").toString();
    CommandLineRun run =
        CommandLineRun.of("server", "--set", "data.dirs=" + data, "--set", "logging.level=error");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(List.of(run.err().split("\n")))
        .singleElement()
        .asString()
        .startsWith("millrace: ")
        .contains("in use");
  }
}
