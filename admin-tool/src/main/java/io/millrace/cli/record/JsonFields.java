package io.millrace.cli.record;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.millrace.common.config.NearestName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one JSON object, each known and there at most once. Bytes are a field of one of
 * three names: {@code value} (text or null), {@code value_base64} or {@code value_hex}. Confined to
 * one thread.
 */
final class JsonFields {
  private static final String BASE64 = "_base64";
  private static final String HEX = "_hex";

  private final JsonReader reader;
  private final List<String> known;

  /** Names without the ending that tells the form: value and value_hex are one field. */
  private final Set<String> seen = new HashSet<>();

  private JsonFields(JsonReader reader, List<String> known) {
    this.reader = reader;
    this.known = known;
  }

  /**
   * Begins with an object.
   *
   * @param what what it is, for the message if it is none
   */
  static JsonFields begin(JsonReader reader, String what, List<String> known) throws IOException {
    expect(reader, JsonToken.BEGIN_OBJECT, what, "an object");
    reader.beginObject();
    return new JsonFields(reader, known);
  }

  /** The name of the next field; empty at the end of the object. */
  Optional<String> next() throws IOException {
    if (!reader.hasNext()) {
      reader.endObject();
      return Optional.empty();
    }
    String name = reader.nextName();
    if (!known.contains(name)) {
      throw new BadRecordException(
          "unknown field "
              + BadRecordException.shown(name)
              + " ("
              + NearestName.of(name, known)
                  .map(near -> "did you mean " + near + "?")
                  .orElse("expected: " + String.join(", ", known))
              + ")");
    }
    if (!seen.add(base(name))) {
      throw new BadRecordException(name + ": given twice (expected: " + base(name) + " once)");
    }
    return Optional.of(name);
  }

  boolean has(String name) {
    return seen.contains(name);
  }

  /** A whole number from 0. */
  long number(String name, long most) throws IOException {
    expect(reader, JsonToken.NUMBER, name, "a whole number, 0 or more");
    String text = reader.nextString();
    try {
      long number = Long.parseLong(text);
      if (number >= 0 && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new BadRecordException(name + ": " + text + " (expected: a whole number, 0 or more)");
  }

  /** Bytes in the form that the name tells. */
  byte @Nullable [] bytes(String name) throws IOException {
    if (reader.peek() == JsonToken.NULL) {
      reader.nextNull();
      return null;
    }
    expect(reader, JsonToken.STRING, name, "a string or null");
    byte[] text = utf8(name, reader.nextString());
    BytesForm form =
        name.endsWith(BASE64)
            ? BytesForm.base64
            : name.endsWith(HEX) ? BytesForm.hex : BytesForm.text;
    return form.decode(name, text);
  }

  /** Text, as a header's name is. */
  String text(String name) throws IOException {
    expect(reader, JsonToken.STRING, name, "a string");
    String text = reader.nextString();
    utf8(name, text);
    return text;
  }

  static void expect(JsonReader reader, JsonToken token, String what, String expected)
      throws IOException {
    JsonToken found = reader.peek();
    if (found != token) {
      throw new BadRecordException(what + ": " + name(found) + " (expected: " + expected + ")");
    }
  }

  private static String base(String name) {
    if (name.endsWith(BASE64)) {
      return name.substring(0, name.length() - BASE64.length());
    }
    return name.endsWith(HEX) ? name.substring(0, name.length() - HEX.length()) : name;
  }

  /** Half of a surrogate pair has no bytes: it must not become a question mark unnoticed. */
  private static byte[] utf8(String name, String text) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] exact = new byte[bytes.remaining()];
      bytes.get(exact);
      return exact;
    } catch (CharacterCodingException e) {
      throw new BadRecordException(
          name + ": half of a surrogate pair (expected: text, or " + base(name) + BASE64 + ")");
    }
  }

  private static String name(JsonToken token) {
    return switch (token) {
      case BEGIN_OBJECT -> "an object";
      case BEGIN_ARRAY -> "a list";
      case STRING -> "a string";
      case NUMBER -> "a number";
      case BOOLEAN -> "true or false";
      case NULL -> "null";
      case END_OBJECT, END_ARRAY, END_DOCUMENT, NAME -> token.name().toLowerCase(Locale.ROOT);
    };
  }
}
