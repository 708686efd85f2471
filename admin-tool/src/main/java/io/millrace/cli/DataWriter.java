package io.millrace.cli;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Maps, lists, texts, numbers, booleans and nulls as JSON or YAML. */
final class DataWriter {
  private DataWriter() {}

  /** JSON, on one line or indented. */
  static String json(@Nullable Object data, boolean indented) {
    StringWriter text = new StringWriter();
    try (JsonWriter writer = new JsonWriter(text)) {
      writer.setHtmlSafe(false);
      writer.setIndent(indented ? "  " : "");
      write(writer, data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  /** YAML in block style; every text is quoted as in JSON, which YAML 1.2 reads the same way. */
  static String yaml(@Nullable Object data) {
    StringBuilder text = new StringBuilder();
    block(text, data, 0, false);
    return text.toString();
  }

  private static void write(JsonWriter writer, @Nullable Object data) throws IOException {
    if (data instanceof Map<?, ?> map) {
      writer.beginObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        writer.name(String.valueOf(entry.getKey()));
        write(writer, entry.getValue());
      }
      writer.endObject();
    } else if (data instanceof Collection<?> list) {
      writer.beginArray();
      for (Object element : list) {
        write(writer, element);
      }
      writer.endArray();
    } else if (data instanceof Number number) {
      writer.value(number);
    } else if (data instanceof Boolean truth) {
      writer.value(truth);
    } else if (data == null) {
      writer.nullValue();
    } else {
      writer.value(data.toString());
    }
  }

  private static void block(
      StringBuilder text, @Nullable Object data, int indent, boolean afterKey) {
    if (data instanceof Map<?, ?> map && !map.isEmpty()) {
      text.append(afterKey ? "\n" : "");
      boolean first = true;
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        text.append(first && !afterKey ? "" : " ".repeat(indent))
            .append(entry.getKey())
            .append(':');
        block(text, entry.getValue(), indent + 2, true);
        first = false;
      }
    } else if (data instanceof Collection<?> list && !list.isEmpty()) {
      text.append(afterKey ? "\n" : "");
      for (Object element : list) {
        text.append(" ".repeat(indent)).append("- ");
        block(text, element, indent + 2, false);
      }
    } else {
      text.append(afterKey ? " " : "").append(json(data, false)).append('\n');
    }
  }
}
