package io.millrace.cli.record;

import io.millrace.client.api.Header;
import io.millrace.client.api.ProducerRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code [HEADERS separator] [key separator] value}. Headers are {@code name=value}, with
 * commas between them. Key, value and the headers' values are of one form.
 *
 * @param topic the records' topic
 * @param form how the bytes are written
 * @param headerSeparator what stands after the headers; empty if no line has any
 * @param keySeparator what stands after the key; empty if no line has one
 * @param nullText what stands for null; empty if nothing does
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record LineRecords(
    String topic,
    BytesForm form,
    byte[] headerSeparator,
    byte[] keySeparator,
    Optional<byte[]> nullText)
    implements RecordParser {
  private static final byte[] COMMA = {','};
  private static final byte[] EQUALS = {'='};

  @Override
  public Optional<ProducerRecord> parse(byte[] line) {
    List<Header> headers = List.of();
    byte[] rest = line;
    if (headerSeparator.length > 0) {
      int at = indexOf(line, headerSeparator, 0);
      if (at < 0) {
        throw new BadRecordException(
            "no headers (expected: NAME=VALUE,…, perhaps none, and then --header-separator)");
      }
      headers = headers(Arrays.copyOf(line, at));
      rest = Arrays.copyOfRange(line, at + headerSeparator.length, line.length);
    }
    int at = keySeparator.length == 0 ? -1 : indexOf(rest, keySeparator, 0);
    byte @Nullable [] key = at < 0 ? null : bytes("key", Arrays.copyOf(rest, at));
    byte[] value = at < 0 ? rest : Arrays.copyOfRange(rest, at + keySeparator.length, rest.length);
    ProducerRecord record = ProducerRecord.of(topic, key, bytes("value", value));
    return Optional.of(headers.isEmpty() ? record : record.withHeaders(headers));
  }

  private List<Header> headers(byte[] text) {
    List<Header> headers = new ArrayList<>();
    int from = 0;
    while (from < text.length) {
      int comma = indexOf(text, COMMA, from);
      int end = comma < 0 ? text.length : comma;
      headers.add(header(Arrays.copyOfRange(text, from, end)));
      from = end + 1;
    }
    return headers;
  }

  private Header header(byte[] text) {
    int equals = indexOf(text, EQUALS, 0);
    if (equals < 0) {
      throw new BadRecordException(
          "header "
              + BadRecordException.shown(new String(text, StandardCharsets.UTF_8))
              + " (expected: NAME=VALUE)");
    }
    String name = new String(text, 0, equals, StandardCharsets.UTF_8);
    return new Header(
        name, bytes("header " + name, Arrays.copyOfRange(text, equals + 1, text.length)));
  }

  private byte @Nullable [] bytes(String what, byte[] text) {
    boolean isNull = nullText.isPresent() && Arrays.equals(nullText.get(), text);
    return isNull ? null : form.decode(what, text);
  }

  private static int indexOf(byte[] line, byte[] part, int from) {
    for (int i = from; i + part.length <= line.length; i++) {
      if (Arrays.equals(line, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    return -1;
  }
}
