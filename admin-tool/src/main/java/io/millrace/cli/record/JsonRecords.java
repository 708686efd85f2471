package io.millrace.cli.record;

import com.google.gson.stream.JsonWriter;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.Header;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records as JSON, an object a line: bytes that are UTF-8 as text, others in Base64 under a name
 * that says so. {@link JsonRecordParser} reads them back, bit for bit.
 */
public final class JsonRecords {
  private JsonRecords() {}

  /** A part of a JSON document. */
  private interface Part {
    void write(JsonWriter writer) throws IOException;
  }

  /** A record, without a line feed. */
  public static String line(ConsumerRecord record) {
    return text(
        writer -> {
          writer.beginObject();
          writer.name("topic").value(record.topic());
          writer.name("partition").value(record.partition());
          writer.name("offset").value(record.offset());
          writer.name("timestamp").value(record.timestampMs());
          bytes(writer, "key", record.key());
          bytes(writer, "value", record.value());
          if (!record.headers().isEmpty()) {
            headers(writer.name("headers"), record.headers());
          }
          writer.endObject();
        });
  }

  /** Headers alone. */
  static String headers(List<Header> headers) {
    return text(writer -> headers(writer, headers));
  }

  /** A JSON string; what is not UTF-8 becomes U+FFFD. */
  static String string(byte[] bytes) {
    return text(writer -> writer.value(new String(bytes, StandardCharsets.UTF_8)));
  }

  private static void headers(JsonWriter writer, List<Header> headers) throws IOException {
    writer.beginArray();
    for (Header header : headers) {
      writer.beginObject().name("key").value(header.key());
      bytes(writer, "value", header.value());
      writer.endObject();
    }
    writer.endArray();
  }

  private static void bytes(JsonWriter writer, String name, byte @Nullable [] bytes)
      throws IOException {
    if (bytes == null) {
      writer.name(name).nullValue();
      return;
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      writer.name(name + "_base64").value(Base64.getEncoder().encodeToString(bytes));
      return;
    }
    writer.name(name).value(text);
  }

  private static String text(Part part) {
    StringWriter text = new StringWriter();
    try (JsonWriter writer = new JsonWriter(text)) {
      writer.setHtmlSafe(false);
      part.write(writer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}
