package io.millrace.cli;

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
 * Keys and values come out byte for byte.
 */
final class RecordFormat {
  private static final String KNOWN = "tpoTkvh%";

  /** Text, or the letter of a field. */
  private record Part(boolean isField, String text) {}

  private final List<Part> parts;

  private RecordFormat(List<Part> parts) {
    this.parts = parts;
  }

  /**
   * Reads a pattern.
   *
   * @throws TypeConversionException if it has an unknown field
   */
  static RecordFormat parse(String pattern) {
    String text = Escapes.decode(pattern);
    List<Part> parts = new ArrayList<>();
    StringBuilder literal = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '%') {
        literal.append(c);
        continue;
      }
      char field = i + 1 < text.length() ? text.charAt(++i) : ' ';
      if (KNOWN.indexOf(field) < 0) {
        throw new TypeConversionException(
            "'%" + field + "' in '" + pattern + "' is none of %t %p %o %T %k %v %h %%");
      }
      if (field == '%') {
        literal.append('%');
      } else {
        parts.add(new Part(false, literal.toString()));
        parts.add(new Part(true, String.valueOf(field)));
        literal.setLength(0);
      }
    }
    parts.add(new Part(false, literal.toString()));
    return new RecordFormat(List.copyOf(parts));
  }

  void write(ConsumerRecord record, PrintStream out) {
    for (Part part : parts) {
      byte[] bytes = part.isField() ? field(record, part.text().charAt(0)) : utf8(part.text());
      out.write(bytes, 0, bytes.length);
    }
  }

  private static byte[] field(ConsumerRecord record, char field) {
    return switch (field) {
      case 't' -> utf8(record.topic());
      case 'p' -> utf8(Integer.toString(record.partition()));
      case 'o' -> utf8(Long.toString(record.offset()));
      case 'T' -> utf8(Long.toString(record.timestampMs()));
      case 'k' -> orEmpty(record.key());
      case 'v' -> orEmpty(record.value());
      default -> headers(record.headers());
    };
  }

  private static byte[] headers(List<Header> headers) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Header header : headers) {
      bytes.writeBytes(utf8((bytes.size() == 0 ? "" : ",") + header.key() + "="));
      bytes.writeBytes(orEmpty(header.value()));
    }
    return bytes.toByteArray();
  }

  private static byte[] orEmpty(byte @Nullable [] bytes) {
    return bytes == null ? new byte[0] : bytes;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Reads {@code --format}. */
  static final class Converter implements ITypeConverter<RecordFormat> {
    @Override
    public RecordFormat convert(String value) {
      return parse(value);
    }
  }
}
