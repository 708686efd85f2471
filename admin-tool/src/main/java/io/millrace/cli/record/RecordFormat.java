package io.millrace.cli.record;

import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.Header;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Writes records by a pattern: {@code %t} topic, {@code %p} partition, {@code %o} offset, {@code
 * %T} timestamp in milliseconds, {@code %k} key, {@code %v} value, {@code %h} headers, {@code %%}.
 *
 * <p>Keys and values come out byte for byte; with an {@code x}, {@code b} or {@code j} before the
 * letter ({@code %xv}) in hex, in Base64 or as a JSON string.
 */
public final class RecordFormat {
  private static final String KNOWN = "tpoTkvh%";
  private static final String FORMS = "xbj";

  /** The fields that have bytes. */
  private static final String BYTES = "kvh";

  /** One after the other. */
  private sealed interface Part {}

  /** Text between fields. */
  private record Literal(String text) implements Part {}

  /**
   * A field.
   *
   * @param letter which one
   * @param form x, b or j; a space for none
   */
  private record Field(char letter, char form) implements Part {}

  private final List<Part> parts;
  private final byte[] nullText;

  private RecordFormat(List<Part> parts, byte[] nullText) {
    this.parts = parts;
    this.nullText = nullText;
  }

  /**
   * Reads a pattern.
   *
   * @throws TypeConversionException if it has an unknown field
   */
  public static RecordFormat parse(String pattern) {
    String text = Escapes.decode(pattern);
    List<Part> parts = new ArrayList<>();
    int from = 0;
    for (int at = text.indexOf('%'); at >= 0; at = text.indexOf('%', from)) {
      parts.add(new Literal(text.substring(from, at)));
      Field field = field(text, at + 1, pattern);
      parts.add(field.letter() == '%' ? new Literal("%") : field);
      from = at + (field.form() == ' ' ? 2 : 3);
    }
    parts.add(new Literal(text.substring(from)));
    return new RecordFormat(List.copyOf(parts), new byte[0]);
  }

  private static Field field(String text, int at, String pattern) {
    char first = at < text.length() ? text.charAt(at) : ' ';
    char second = at + 1 < text.length() ? text.charAt(at + 1) : ' ';
    if (KNOWN.indexOf(first) >= 0) {
      return new Field(first, ' ');
    }
    if (FORMS.indexOf(first) >= 0 && BYTES.indexOf(second) >= 0) {
      return new Field(second, first);
    }
    throw new TypeConversionException(
        "'%"
            + first
            + "' in '"
            + pattern
            + "' is none of %t %p %o %T %k %v %h %%, or %xv %bv %jv for hex, base64 and JSON of"
            + " k, v or h");
  }

  /** The same pattern with a text for keys and values that are null; else nothing is printed. */
  public RecordFormat withNull(String text) {
    return new RecordFormat(parts, utf8(text));
  }

  /** Prints a record. */
  public void write(ConsumerRecord record, PrintStream out) {
    for (Part part : parts) {
      byte[] bytes =
          part instanceof Field field ? bytes(record, field) : utf8(((Literal) part).text());
      out.write(bytes, 0, bytes.length);
    }
  }

  private byte[] bytes(ConsumerRecord record, Field field) {
    return switch (field.letter()) {
      case 't' -> utf8(record.topic());
      case 'p' -> utf8(Integer.toString(record.partition()));
      case 'o' -> utf8(Long.toString(record.offset()));
      case 'T' -> utf8(Long.toString(record.timestampMs()));
      case 'k' -> formed(record.key(), field.form());
      case 'v' -> formed(record.value(), field.form());
      default ->
          field.form() == 'j'
              ? utf8(JsonRecords.headers(record.headers()))
              : headers(record.headers(), field.form());
    };
  }

  private byte[] formed(byte @Nullable [] bytes, char form) {
    if (form == 'j') {
      return utf8(bytes == null ? "null" : JsonRecords.string(bytes));
    }
    if (bytes == null) {
      return nullText;
    }
    return switch (form) {
      case 'x' -> BytesForm.hex.encode(bytes);
      case 'b' -> BytesForm.base64.encode(bytes);
      default -> bytes;
    };
  }

  private byte[] headers(List<Header> headers, char form) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Header header : headers) {
      bytes.writeBytes(utf8((bytes.size() == 0 ? "" : ",") + header.key() + "="));
      bytes.writeBytes(formed(header.value(), form));
    }
    return bytes.toByteArray();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Reads {@code --format}. */
  public static final class Converter implements ITypeConverter<RecordFormat> {
    @Override
    public RecordFormat convert(String value) {
      return parse(value);
    }
  }
}
