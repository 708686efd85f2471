package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.record.JsonRecords;
import io.millrace.cli.record.RecordFormat;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.Header;
import io.millrace.client.api.OffsetSpec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms in which the command reads and writes. */
class FormsTest {
  private static final long NOW = 1_700_000_000_000L;

  private static final byte[] NOT_TEXT = {(byte) 0xff, 0, 'x'};

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> lines(String text) throws IOException {
    LineReader reader = new LineReader(new ByteArrayInputStream(bytes(text)));
    List<String> lines = new ArrayList<>();
    for (Optional<byte[]> line = reader.next(); line.isPresent(); line = reader.next()) {
      lines.add(new String(line.get(), StandardCharsets.UTF_8));
    }
    return lines;
  }

  @Test
  void splitsInputAtLineFeedsAndKeepsALastLineWithoutOne() throws IOException {
    assertThat(lines("")).isEmpty();
    assertThat(lines("a")).containsExactly("a");
    assertThat(lines("a\n")).containsExactly("a");
    assertThat(lines("a\n\nb\r\nc")).containsExactly("a", "", "b\r", "c");
    String wide = "x".repeat(200_000);
    assertThat(lines(wide + "\n" + wide)).containsExactly(wide, wide);
  }

  private static byte[] formatted(String pattern, ConsumerRecord record) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    RecordFormat.parse(pattern).write(record, stream);
    stream.flush();
    return out.toByteArray();
  }

  @Test
  void printsRecordsByThePatternByteForByte() {
    ConsumerRecord record =
        new ConsumerRecord(
            "orders",
            2,
            41,
            1_000,
            null,
            NOT_TEXT,
            List.of(new Header("a", bytes("1")), new Header("b", null)));
    assertThat(formatted("%t %p %o %T [%k] %h %%\\t\\\\\\n", record))
        .asString()
        .isEqualTo("orders 2 41 1000 [] a=1,b= %\t\\\n");
    assertThat(formatted("%v", record)).isEqualTo(NOT_TEXT);
    assertThat(JsonRecords.line(record))
        .isEqualTo(
            "{\"topic\":\"orders\",\"partition\":2,\"offset\":41,\"timestamp\":1000,\"key\":null,"
                + "\"value_base64\":\"/wB4\",\"headers\":[{\"key\":\"a\",\"value\":\"1\"},"
                + "{\"key\":\"b\",\"value\":null}]}");
  }

  @Test
  void readsPlacesInALog() {
    assertThat(place("earliest")).isEqualTo(OffsetSpec.earliest());
    assertThat(place("latest")).isEqualTo(OffsetSpec.latest());
    assertThat(place("42")).isEqualTo(OffsetSpec.offset(42));
    assertThat(place("15m")).isEqualTo(OffsetSpec.time(NOW - 900_000));
    assertThat(place("-2h")).isEqualTo(OffsetSpec.time(NOW - 7_200_000));
    assertThat(place("1970-01-01T00:00:01Z")).isEqualTo(OffsetSpec.time(1_000));
    assertThat(place("1970-01-01T01:00:01.500+01:00")).isEqualTo(OffsetSpec.time(1_500));
    assertThat(place("@1500")).isEqualTo(OffsetSpec.time(1_500));
    assertThat(place("2026-01-31")).isInstanceOf(OffsetSpec.AtTime.class);
    assertThat(place("2026-01-31 12:30")).isInstanceOf(OffsetSpec.AtTime.class);
    assertThat(Place.parse("-42", NOW)).isEqualTo(new Place.BeforeEnd(42));
  }

  private static OffsetSpec place(String text) {
    return ((Place.Known) Place.parse(text, NOW)).spec();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:9650", "[::1]:9650", "localhost"})
  void readsAddressesWithAndWithoutPort(String text) {
    assertThat(io.millrace.client.api.BrokerAddress.parse(text).port()).isEqualTo(9650);
  }

  @Test
  void alignsColumnsAndPutsNumbersToTheRight() {
    assertThat(new Table("NAME", "N").row("a", 1).row("longer", 1_000).toString())
        .isEqualTo(
            """
            NAME       N
            a          1
            longer  1000
            """);
  }

  @Test
  void writesNestedDataAsYaml() {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("name", "a: b");
    data.put("empty", List.of());
    data.put("list", Arrays.asList(1, Map.of("x", true), null));
    assertThat(DataWriter.yaml(data))
        .isEqualTo(
            """
            name: "a: b"
            empty: []
            list:
              - 1
              - x: true
              - null
            """);
  }
}
