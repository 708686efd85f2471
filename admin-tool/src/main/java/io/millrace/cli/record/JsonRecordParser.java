package io.millrace.cli.record;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.millrace.client.api.Header;
import io.millrace.client.api.ProducerRecord;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads an object a line, as {@link JsonRecords} writes it: {@code key}, {@code value}, {@code
 * headers} (a list of {@code {"key": …, "value": …}}), {@code partition} and {@code timestamp}.
 * Only the value must be there. {@code topic} and {@code offset} are passed over, and so is a blank
 * line.
 */
public final class JsonRecordParser implements RecordParser {
  private static final List<String> FIELDS =
      List.of(
          "topic",
          "partition",
          "offset",
          "timestamp",
          "key",
          "key_base64",
          "key_hex",
          "value",
          "value_base64",
          "value_hex",
          "headers");

  private static final List<String> HEADER_FIELDS =
      List.of("key", "value", "value_base64", "value_hex");

  private static final Pattern COLUMN = Pattern.compile(" at line \\d+ column (\\d+)");

  /** A field that can be passed over. */
  public enum Field {
    /** The record's key. */
    key,
    /** The record's headers. */
    headers,
    /** The partition that it was in. */
    partition,
    /** Its timestamp. */
    timestamp
  }

  private final String topic;
  private final Set<Field> ignored;

  /**
   * @param topic the records' topic
   * @param ignored fields to read as if they were not there
   */
  public JsonRecordParser(String topic, Set<Field> ignored) {
    this.topic = topic;
    this.ignored = Set.copyOf(ignored);
  }

  @Override
  public Optional<ProducerRecord> parse(byte[] line) {
    String text = utf8(line);
    if (text.isBlank()) {
      return Optional.empty();
    }
    try (JsonReader reader = new JsonReader(new StringReader(text))) {
      reader.setStrictness(Strictness.STRICT);
      ProducerRecord record = record(reader);
      JsonFields.expect(reader, JsonToken.END_DOCUMENT, "after the object", "the end of the line");
      return Optional.of(without(record));
    } catch (MalformedJsonException | EOFException e) {
      Matcher column = COLUMN.matcher(String.valueOf(e.getMessage()));
      throw new BadRecordException(
          "no JSON"
              + (column.find() ? " at column " + column.group(1) : "")
              + " (expected: one object a line)");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ProducerRecord record(JsonReader reader) throws IOException {
    byte @Nullable [] key = null;
    byte @Nullable [] value = null;
    List<Header> headers = List.of();
    OptionalInt partition = OptionalInt.empty();
    OptionalLong timestampMs = OptionalLong.empty();
    JsonFields fields = JsonFields.begin(reader, "the line", FIELDS);
    for (Optional<String> next = fields.next(); next.isPresent(); next = fields.next()) {
      String name = next.get();
      switch (name) {
        case "topic", "offset" -> reader.skipValue();
        case "partition" ->
            partition = OptionalInt.of((int) fields.number(name, Integer.MAX_VALUE));
        case "timestamp" -> timestampMs = OptionalLong.of(fields.number(name, Long.MAX_VALUE));
        case "headers" -> headers = headers(reader);
        case "key", "key_base64", "key_hex" -> key = fields.bytes(name);
        default -> value = fields.bytes(name);
      }
    }
    if (!fields.has("value")) {
      throw new BadRecordException(
          "no value (expected: value, value_base64 or value_hex; null for a tombstone)");
    }
    ProducerRecord record = ProducerRecord.of(topic, key, value).withHeaders(headers);
    record = partition.isPresent() ? record.toPartition(partition.getAsInt()) : record;
    return timestampMs.isPresent() ? record.at(timestampMs.getAsLong()) : record;
  }

  private static List<Header> headers(JsonReader reader) throws IOException {
    JsonFields.expect(reader, JsonToken.BEGIN_ARRAY, "headers", "a list of key and value");
    List<Header> headers = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNext()) {
      headers.add(header(reader));
    }
    reader.endArray();
    return headers;
  }

  private static Header header(JsonReader reader) throws IOException {
    String key = "";
    byte @Nullable [] value = null;
    JsonFields fields = JsonFields.begin(reader, "a header", HEADER_FIELDS);
    for (Optional<String> next = fields.next(); next.isPresent(); next = fields.next()) {
      if (next.get().equals("key")) {
        key = fields.text("key");
      } else {
        value = fields.bytes(next.get());
      }
    }
    if (!fields.has("key") || !fields.has("value")) {
      throw new BadRecordException("a header without key or value (expected: both)");
    }
    return new Header(key, value);
  }

  private ProducerRecord without(ProducerRecord record) {
    if (ignored.isEmpty()) {
      return record;
    }
    ProducerRecord rest =
        ProducerRecord.of(topic, ignored.contains(Field.key) ? null : record.key(), record.value());
    if (!ignored.contains(Field.headers)) {
      rest = rest.withHeaders(record.headers());
    }
    if (!ignored.contains(Field.partition) && record.partition().isPresent()) {
      rest = rest.toPartition(record.partition().getAsInt());
    }
    boolean timed = !ignored.contains(Field.timestamp) && record.timestampMs().isPresent();
    return timed ? rest.at(record.timestampMs().getAsLong()) : rest;
  }

  private static String utf8(byte[] line) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException e) {
      throw new BadRecordException("not UTF-8 (expected: JSON, one object a line)");
    }
  }
}
