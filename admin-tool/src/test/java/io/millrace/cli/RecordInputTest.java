package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.Header;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.api.ProducerRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code produce} makes of its input, against a real node. */
class RecordInputTest {
  @TempDir private static Path directory;
  private static TestNode node;

  @BeforeAll
  static void startNode() {
    node = new TestNode(directory);
  }

  @AfterAll
  static void stopNode() {
    node.close();
  }

  private static byte @Nullable [] random(Random random) {
    byte[] bytes = new byte[random.nextInt(3) == 0 ? 0 : random.nextInt(30)];
    random.nextBytes(bytes);
    return random.nextInt(4) == 0 ? null : bytes;
  }

  private static void sendRandomRecords(String topic, Random random) {
    try (MillraceClient client = MillraceClient.connect(ClientConfig.of(node.bootstrap()));
        Producer producer = client.producer(ProducerConfig.defaults())) {
      for (int i = 0; i < 500; i++) {
        List<Header> headers = new ArrayList<>();
        for (int h = random.nextInt(3); h > 0; h--) {
          headers.add(new Header("h" + random.nextInt(2), random(random)));
        }
        var unused =
            producer.send(
                ProducerRecord.of(topic, random(random), random(random))
                    .toPartition(random.nextInt(3))
                    .at(random.nextInt(1_000_000_000))
                    .withHeaders(headers));
      }
      producer.flush();
    }
  }

  /** Keys, values and headers of any bytes, empty ones and null ones. */
  @Test
  void sendsWhatConsumePrintsAsJsonBitForBit() {
    node.run("topic create a --partitions 3");
    node.run("topic create b --partitions 3");
    sendRandomRecords("a", new Random(42));
    String printed = node.run("consume a -p 0 -o json").out();
    printed += node.run("consume a -p 1 -o json").out() + node.run("consume a -p 2 -o json").out();
    assertThat(printed.lines()).hasSize(500);
    CommandLineRun sent = node.runWithRawInput(printed, "produce", "b", "-i", "json");
    assertThat(sent.exitCode()).as(sent.err()).isZero();
    String again = node.run("consume b -p 0 -o json").out();
    again += node.run("consume b -p 1 -o json").out() + node.run("consume b -p 2 -o json").out();
    assertThat(again.replace("\"topic\":\"b\"", "\"topic\":\"a\"")).isEqualTo(printed);
  }

  @Test
  void sendsHeadersKeysAndTombstones() {
    node.run("topic create parts");
    node.runWithInput(
        "a=1,b=NULL;k:v\n;NULL:\n;k:NULL",
        "produce",
        "parts",
        "--header-separator",
        ";",
        "--key-separator",
        ":",
        "--null",
        "NULL",
        "--header",
        "c=3",
        "-H",
        "d=");
    String fixed = "{\"key\":\"c\",\"value\":\"3\"},{\"key\":\"d\",\"value\":\"\"}]}\n";
    assertThat(node.run("consume parts -o json").out().replaceAll("\"timestamp\":\\d+,", ""))
        .isEqualTo(
            ("{T0,\"key\":\"k\",\"value\":\"v\",\"headers\":[{\"key\":\"a\",\"value\":\"1\"},"
                    + "{\"key\":\"b\",\"value\":null},F"
                    + "{T1,\"key\":null,\"value\":\"\",\"headers\":[F"
                    + "{T2,\"key\":\"k\",\"value\":null,\"headers\":[F")
                .replace("F", fixed)
                .replace("T", "\"topic\":\"parts\",\"partition\":0,\"offset\":"));
    assertThat(node.run("consume parts --format %k:%v_ --null ~").out().replace('_', ' '))
        .isEqualTo("k:v ~: k:~ ");
  }

  @Test
  void sendsHexWithOneKey() {
    node.run("topic create hex");
    node.runWithInput("00ff\n\n", "produce", "hex", "-i", "hex", "--key", "k1");
    assertThat(node.run("consume hex --format %k=%xv/%bv;").out()).isEqualTo("k1=00ff/AP8=;k1=/;");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "{\"value\":\"a\"}N{\"value\":\"b\"}NN{\"value\":5}N{\"value\":\"d\"} | json | 4 | value: a"
            + " number (expected: a string or null)",
        "00N01N0x | hex | 3 | value: '0x' (expected: hex, two digits a byte)",
      })
  void namesTheLineThatIsNoRecordAndHowToGoOn(
      String input, String format, int line, String message) {
    String topic = "bad-" + format;
    node.run("topic create " + topic);
    CommandLineRun run =
        node.runWithRawInput(input.replace('N', '\n'), "produce", topic, "-i", format);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err().replaceFirst(" in \\d.*", ""))
        .isEqualTo(
            "2 records sent to %1$s, 2 acknowledged\nmillrace: line %2$d: %3$s\n  go on:        "
                    .formatted(topic, line, message)
                + " tail -n +%d INPUT | millrace produce %s …\n".formatted(line, topic));
  }

  @Test
  void namesTheLineOfARefusedRecordWhenBlankLinesComeBefore() {
    node.run("topic create few");
    CommandLineRun run =
        node.runWithRawInput(
            "\n\n{\"value\":\"a\",\"partition\":7}\n", "produce", "few", "-i", "json");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err())
        .contains("1 record sent to few, 0 acknowledged")
        .contains("millrace: line 3 was the first that failed\n")
        .contains("tail -n +3 INPUT")
        .doesNotContain("acknowledged too");
  }

  @Test
  void sendsToAnotherNumberOfPartitionsWithoutTheOldOnes() {
    node.run("topic create two --partitions 2");
    String line = "{\"key\":\"k\",\"value\":\"a\",\"partition\":7,\"timestamp\":5}\n";
    assertThat(node.runWithRawInput(line, "produce", "two", "-i", "json").exitCode()).isEqualTo(1);
    assertThat(
            node.runWithRawInput(line, "produce", "two", "-i", "json", "--ignore", "partition")
                .exitCode())
        .isZero();
    assertThat(node.run("consume two --format %k=%v@%T").out()).isEqualTo("k=a@5");
    assertThat(
            node.runWithRawInput(line, "produce", "two", "-i", "json", "--partition", "1")
                .exitCode())
        .isZero();
    assertThat(node.run("consume two --partition 1 --format %v").out()).contains("a");
  }

  @Test
  void countsTheBytesOfRecordsAndNotOfTheirLines() {
    node.run("topic create bytes");
    String line = "{\"key\":\"k\",\"value_hex\":\"00ff\"}";
    assertThat(node.runWithRawInput(line, "produce", "bytes", "-i", "json", "-o", "json").out())
        .contains("\"bytes\": 3");
  }

  @Test
  void letsAnotherPartitionerChoose() {
    node.run("topic create turns --partitions 2");
    String lines = "k:a\nk:b\nk:c\nk:d";
    node.runWithInput(lines, "produce", "turns", "-k", ":", "--partitioner", "round-robin");
    assertThat(node.run("consume turns -p 0 --format %v").out()).hasSize(2);
    assertThat(node.run("consume turns -p 1 --format %v").out()).hasSize(2);
  }
}
