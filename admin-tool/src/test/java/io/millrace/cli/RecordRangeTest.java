package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.api.Admin;
import io.millrace.client.api.ClientConfig;
import io.millrace.client.api.Consumer;
import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.MillraceClient;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.RecordBatch;
import io.millrace.common.time.SystemClock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where {@code consume} begins and ends, against a real node. */
class RecordRangeTest {
  private static final TopicPartition TRIMMED = new TopicPartition("trimmed", 0);

  private static final int CRC_AT = 17;
  private static final int ATTRIBUTES_AT = 21;
  private static final int CONTROL = 0x20;

  @TempDir private static Path directory;
  private static TestNode node;

  /** Offsets 0 to 9; record n has the timestamp 1000 * n. */
  @BeforeAll
  static void startNode() {
    node = new TestNode(directory);
    node.run("topic create ten");
    send("ten", 0, 10);
  }

  @AfterAll
  static void stopNode() {
    node.close();
  }

  private static void send(String topic, int from, int to) {
    String lines =
        IntStream.range(from, to)
            .mapToObj(
                i ->
                    "{\"value\":\"%d\",\"partition\":0,\"timestamp\":%d}\n".formatted(i, i * 1_000))
            .collect(Collectors.joining());
    assertThat(node.runWithRawInput(lines, "produce", topic, "-i", "json").exitCode()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--from 7 | 789",
        "--from 3 --to 6 | 345",
        "--to 2 | 01",
        "--from 3 --to 3 | ''",
        "--from 10 | ''",
        "--from 8 --to 100 | 89",
        "--from -3 | 789",
        "--from -3 --to -1 | 78",
        "--from -100 | 0123456789",
        "--to -8 | 01",
        "--to -100 | ''",
        "--to earliest | ''",
        "--to latest | 0123456789",
        "--from latest | ''",
        "--from @2500 --to @5000 | 34",
        "--from @9001 | ''",
        "--to @9001 | 0123456789",
        "--from 1970-01-01T00:00:08Z | 89",
        "--from @8000 --to @2000 | ''",
        "--from 2 --to 8 -n 3 | 234",
        "-n 0 | ''",
        "--follow --to 3 | 012",
        "--follow --from 4 -n 2 | 45",
        "--follow --from -2 --to 10 | 89",
      })
  void printsExactlyTheRange(String options, String printed) {
    CommandLineRun run = node.run("consume ten --format %v " + options);
    assertThat(run).isEqualTo(new CommandLineRun(0, printed, ""));
  }

  @Test
  void printsTheLastOfEachPartition() {
    node.run("topic create three --partitions 3");
    node.runWithRawInput("a", "produce", "three", "--partition", "0");
    node.runWithRawInput("b\nc\nd", "produce", "three", "--partition", "2");
    assertThat(node.run("consume three --from -2 --format %p%v_ -p 2").out()).isEqualTo("2c 2d ");
    assertThat(node.run("consume three --from -2 --format %v_ -p 0,1,2").out().chars().sorted())
        .containsExactly((int) ' ', (int) ' ', (int) ' ', (int) 'a', (int) 'c', (int) 'd');
    assertThat(node.run("consume three --from 1 --to 2 --format %p%v").out()).isEqualTo("2c");
  }

  @Test
  void followsUpToAnOffsetThatIsNotThereYet() {
    node.run("topic create growing");
    send("growing", 0, 2);
    BackgroundRun run = new BackgroundRun(node, "consume growing --format %v --follow --to 4");
    Awaitility.await().until(() -> run.out().equals("01"));
    send("growing", 2, 8);
    assertThat(run.exitCode()).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(0);
    assertThat(run.out()).isEqualTo("0123");
  }

  /** As compaction leaves behind; batches of control records are passed over likewise. */
  @Test
  void endsWhereNoRecordIsAtTheEndAnyMore() throws IOException {
    node.run("topic create gaps");
    for (int i = 0; i < 5; i++) {
      send("gaps", i, i + 1);
    }
    hideBatches(directory.resolve("gaps-0/00000000000000000000.log"), Set.of(1L, 2L, 4L));
    assertThat(node.run("consume gaps --format %v").out()).isEqualTo("03");
    for (String range : List.of("--to 1", "--to 2", "--to 3", "--from 0 --to -2")) {
      assertThat(node.run("consume gaps --format %v " + range).out()).as(range).isEqualTo("0");
    }
    for (String range : List.of("--from 1 --to 2", "--from 1 --to 3", "--from 4", "--from -1")) {
      assertThat(node.run("consume gaps --format %v " + range))
          .isEqualTo(new CommandLineRun(0, "", ""));
    }
    assertThat(node.run("consume gaps --format %v --from 2 --to 5").out()).isEqualTo("3");
  }

  /** Makes control batches of batches by their base offset. */
  private static void hideBatches(Path segment, Set<Long> offsets) throws IOException {
    ByteBuffer batches = ByteBuffer.wrap(Files.readAllBytes(segment));
    while (batches.remaining() >= RecordBatch.HEADER_BYTES) {
      int start = batches.position();
      int size = RecordBatch.LENGTH_OVERHEAD_BYTES + batches.getInt(start + 8);
      if (offsets.contains(batches.getLong(start))) {
        batches.putShort(
            start + ATTRIBUTES_AT, (short) (batches.getShort(start + ATTRIBUTES_AT) | CONTROL));
        CRC32C crc = new CRC32C();
        crc.update(batches.array(), start + ATTRIBUTES_AT, size - ATTRIBUTES_AT);
        batches.putInt(start + CRC_AT, (int) crc.getValue());
      }
      batches.position(start + size);
    }
    Files.write(segment, batches.array(), StandardOpenOption.WRITE);
  }

  @Test
  void goesOnAfterRecordsThatAreDeletedWhileItReads() {
    node.run("topic create trimmed");
    send("trimmed", 0, 10);
    assertThat(readWhileDeletingUpTo(4, 0, 8))
        .isEqualTo(
            new CommandLineRun(
                4,
                "4567",
                "millrace: trimmed-0: offsets 0 to 3 were deleted meanwhile; going on at 4\n"));
    assertThat(readWhileDeletingUpTo(7, 4, 6))
        .isEqualTo(
            new CommandLineRun(
                0,
                "",
                "millrace: trimmed-0: offsets 4 to 6 were deleted meanwhile; going on at 7\n"));
    CommandLineRun before = node.run("consume trimmed --from 3");
    assertThat(before)
        .isEqualTo(
            new CommandLineRun(
                1,
                "",
                """
                millrace: trimmed-0 begins at offset 7, after 3 [OFFSET_OUT_OF_RANGE]
                  start at what there is: --from earliest or --from latest
                """));
    assertThat(node.run("consume trimmed --from -100 --to 9 --format %v").out()).isEqualTo("78");
  }

  /** The deletion comes after the range was looked up, before it is read. */
  private static CommandLineRun readWhileDeletingUpTo(long before, long from, long to) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    CliContext context =
        new CliContext(
            InputStream.nullInputStream(),
            new ResultStream(out),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of(),
            false,
            "millrace",
            new SystemClock());
    OutageNotes notes = new OutageNotes(context, Duration.ofSeconds(30));
    try (MillraceClient client = MillraceClient.connect(ClientConfig.of(node.bootstrap()));
        Consumer consumer = client.consumer(ConsumerConfig.defaults())) {
      Admin admin = client.admin();
      RecordRange.LookUp lookUp = new RecordRange.LookUp(admin, List.of(TRIMMED), notes);
      RecordRange range =
          RecordRange.of(
              lookUp,
              new Place.Known(OffsetSpec.offset(from)),
              Optional.of(new Place.Known(OffsetSpec.offset(to))),
              false);
      admin.deleteRecords(Map.of(TRIMMED, before));
      long printed =
          new RangeReader(context, consumer, lookUp, notes)
              .print(range, 100, (r, o) -> o.print(new String(r.value(), StandardCharsets.UTF_8)));
      return new CommandLineRun(
          (int) printed,
          out.toString(StandardCharsets.UTF_8),
          err.toString(StandardCharsets.UTF_8));
    }
  }
}
