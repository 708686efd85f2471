package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.record.BadRecordException;
import io.millrace.cli.record.BytesForm;
import io.millrace.cli.record.FixedParts;
import io.millrace.cli.record.JsonRecordParser;
import io.millrace.cli.record.JsonRecords;
import io.millrace.cli.record.LineRecords;
import io.millrace.cli.record.RecordFormat;
import io.millrace.cli.record.RecordParser;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.Header;
import io.millrace.client.api.ProducerRecord;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms in which records are read and written. */
class RecordFormsTest {
  private static final byte[] NOT_TEXT = {(byte) 0xff, 0, 'x'};

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ProducerRecord json(String line, JsonRecordParser.Field... ignored) {
    return new JsonRecordParser("t", Set.of(ignored)).parse(bytes(line)).orElseThrow();
  }

  private static ConsumerRecord consumed(ProducerRecord record) {
    return new ConsumerRecord(
        record.topic(),
        record.partition().orElse(0),
        7,
        record.timestampMs().orElse(0),
        record.key(),
        record.value(),
        record.headers());
  }

  private static byte @Nullable [] random(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> null;
      case 1 -> new byte[0];
      case 2 -> randomText(random);
      default -> {
        byte[] any = new byte[random.nextInt(40)];
        random.nextBytes(any);
        yield any;
      }
    };
  }

  private static byte[] randomText(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(20); i >= 0; i--) {
      text.appendCodePoint("\0\n\t\"\\/<>&é\u2028\ufffd😀a ".codePointAt(random.nextInt(14)));
    }
    return bytes(text.toString().replace("\ud83d", "").replace("\ude00", "😀"));
  }

  private static ProducerRecord randomRecord(Random random) {
    List<Header> headers = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      headers.add(
          new Header(new String(randomText(random), StandardCharsets.UTF_8), random(random)));
    }
    return ProducerRecord.of("t", random(random), random(random))
        .toPartition(random.nextInt(100))
        .at(random.nextLong() >>> 1)
        .withHeaders(headers);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void readsBackWhatIsWrittenAsJson(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 150; i++) {
      ProducerRecord record = randomRecord(random);
      String line = JsonRecords.line(consumed(record));
      assertThat(line).doesNotContain("\n");
      assertThat(json(line))
          .as("seed %s: %s", seed, line)
          .usingRecursiveComparison()
          .isEqualTo(record);
    }
  }

  @ParameterizedTest
  @EnumSource(BytesForm.class)
  void readsBackWhatIsPrintedByAPattern(BytesForm form) {
    ConsumerRecord record =
        new ConsumerRecord(
            "t",
            0,
            7,
            5,
            null,
            bytes("a:b"),
            List.of(new Header("h", bytes("1")), new Header("n", null)));
    String letter = form == BytesForm.text ? "" : form == BytesForm.hex ? "x" : "b";
    String pattern = "%h\\t%k:%v".replace("%", "%" + letter);
    LineRecords parser =
        new LineRecords("t", form, bytes("\t"), bytes(":"), Optional.of(bytes("~")));
    ProducerRecord read =
        parser.parse(formatted(RecordFormat.parse(pattern).withNull("~"), record)).orElseThrow();
    assertThat(read)
        .usingRecursiveComparison()
        .isEqualTo(ProducerRecord.of("t", null, record.value()).withHeaders(record.headers()));
  }

  private static byte[] formatted(RecordFormat format, ConsumerRecord record) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    format.write(record, stream);
    stream.flush();
    return out.toByteArray();
  }

  @Test
  void printsHexBase64AndJson() {
    ConsumerRecord record =
        new ConsumerRecord(
            "t", 0, 7, 5, NOT_TEXT, bytes("a\"\n"), List.of(new Header("h", NOT_TEXT)));
    assertThat(formatted(RecordFormat.parse("%xk %bk %jk %xv %jv %xh %bh %jh %%xk"), record))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(
            "ff0078 /wB4 \"\ufffd\\u0000x\" 61220a \"a\\\"\\n\" h=ff0078 h=/wB4"
                + " [{\"key\":\"h\",\"value_base64\":\"/wB4\"}] %xk");
    ConsumerRecord empty = new ConsumerRecord("t", 0, 7, 5, null, new byte[0], List.of());
    assertThat(formatted(RecordFormat.parse("[%xk %bk %jk|%xv %bv %jv|%h %jh]"), empty))
        .asString()
        .isEqualTo("[  null|  \"\"| []]");
  }

  @Test
  void takesBytesInEachForm() {
    assertThat(json("{\"value_hex\":\"FF0078\"}").value()).isEqualTo(NOT_TEXT);
    assertThat(json("{\"value_base64\":\"/wB4\"}").value()).isEqualTo(NOT_TEXT);
    assertThat(json(" {\"value\":null,\"key_hex\":\"\"} ").value()).isNull();
    assertThat(json("{\"value\":null,\"key_hex\":\"\"}").key()).isEmpty();
    assertThat(json("{\"value\":\"\"}").key()).isNull();
    assertThat(json("{\"value\":\"\"}").partition()).isEmpty();
    assertThat(json("{\"value\":\"\"}").timestampMs()).isEmpty();
  }

  @Test
  void passesOverBlankLinesAndIgnoredFields() {
    assertThat(new JsonRecordParser("t", Set.of()).parse(bytes(" \r"))).isEmpty();
    String line =
        "{\"topic\":\"x\",\"partition\":3,\"offset\":9,\"timestamp\":4,\"key\":\"k\",\"value\":\"v\","
            + "\"headers\":[{\"key\":\"h\",\"value\":\"1\"}]}";
    assertThat(json(line, JsonRecordParser.Field.values()))
        .usingRecursiveComparison()
        .isEqualTo(ProducerRecord.of("t", bytes("v")));
    assertThat(json(line, JsonRecordParser.Field.partition).timestampMs()).hasValue(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "plain | no JSON at column 1 (expected: one object a line)",
        "{\"value\":\"a\" | no JSON at column 13 (expected: one object a line)",
        "{\"value\":\"a\",} | no JSON at column 15 (expected: one object a line)",
        "{\"value\":'a'} | no JSON at column 11 (expected: one object a line)",
        "[] | the line: a list (expected: an object)",
        "{\"value\":\"a\"} {} | no JSON at column 16 (expected: one object a line)",
        "{} | no value (expected: value, value_base64 or value_hex; null for a tombstone)",
        "{\"value\":5} | value: a number (expected: a string or null)",
        "{\"value\":{}} | value: an object (expected: a string or null)",
        "{\"value\":\"a\",\"value_hex\":\"00\"} | value_hex: given twice (expected: value once)",
        "{\"value_hex\":\"0\"} | value_hex: '0' (expected: hex, two digits a byte)",
        "{\"value_hex\":\"zz\"} | value_hex: 'zz' (expected: hex, two digits a byte)",
        "{\"value_base64\":\"a\"} | value_base64: 'a' (expected: base64)",
        "{\"value\":\"\\ud800\"} | value: half of a surrogate pair (expected: text, or value_base64)",
        "{\"valeu\":\"a\"} | unknown field 'valeu' (did you mean value?)",
        "{\"value\":\"a\",\"partition\":-1} | partition: -1 (expected: a whole number, 0 or more)",
        "{\"value\":\"a\",\"partition\":1.5} | partition: 1.5 (expected: a whole number, 0 or more)",
        "{\"value\":\"a\",\"partition\":3000000000} | partition: 3000000000 (expected: a whole number,"
            + " 0 or more)",
        "{\"value\":\"a\",\"timestamp\":\"1\"} | timestamp: a string (expected: a whole number, 0 or"
            + " more)",
        "{\"value\":\"a\",\"headers\":{}} | headers: an object (expected: a list of key and value)",
        "{\"value\":\"a\",\"headers\":[1]} | a header: a number (expected: an object)",
        "{\"value\":\"a\",\"headers\":[{\"key\":\"h\"}]} | a header without key or value (expected: both)",
      })
  void tellsWhatIsWrongWithAJsonLine(String line, String message) {
    assertThatThrownBy(() -> json(line)).isInstanceOf(BadRecordException.class).hasMessage(message);
  }

  @Test
  void refusesALineThatIsNotUtf8() {
    assertThatThrownBy(() -> new JsonRecordParser("t", Set.of()).parse(NOT_TEXT))
        .hasMessage("not UTF-8 (expected: JSON, one object a line)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hex | a=00;00:0 | value: '0' (expected: hex, two digits a byte)",
        "hex | a=0;00:00 | header a: '0' (expected: hex, two digits a byte)",
        "base64 | ;!:AA== | key: '!' (expected: base64)",
        "text | a,b=1;v | header 'a' (expected: NAME=VALUE)",
        "text | v | no headers (expected: NAME=VALUE,…, perhaps none, and then --header-separator)",
      })
  void tellsWhatIsWrongWithALine(BytesForm form, String line, String message) {
    RecordParser parser = new LineRecords("t", form, bytes(";"), bytes(":"), Optional.empty());
    assertThatThrownBy(() -> parser.parse(bytes(line)))
        .isInstanceOf(BadRecordException.class)
        .hasMessage(message);
  }

  @Test
  void makesTombstonesOfEmptyValuesWhenTold() {
    RecordParser parser =
        new LineRecords("t", BytesForm.text, bytes(""), bytes(":"), Optional.of(bytes("")));
    assertThat(parser.parse(bytes("k:")).orElseThrow())
        .usingRecursiveComparison()
        .isEqualTo(ProducerRecord.of("t", bytes("k"), null));
  }

  @Test
  void putsFixedPartsIntoEveryRecord() {
    FixedParts fixed =
        new FixedParts(
            Optional.of(bytes("k")), List.of(new Header("b", bytes("2"))), Optional.of(5));
    RecordParser lines =
        new LineRecords("t", BytesForm.text, bytes(";"), bytes(":"), Optional.empty());
    assertThat(fixed.in(lines).parse(bytes("a=1;x:v")).orElseThrow())
        .usingRecursiveComparison()
        .isEqualTo(
            ProducerRecord.of("t", bytes("k"), bytes("v"))
                .toPartition(5)
                .withHeaders(List.of(new Header("a", bytes("1")), new Header("b", bytes("2")))));
  }
}
