package io.millrace.cli;

import io.millrace.client.api.ConsumerRecord;
import io.millrace.client.api.Header;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records as data: bytes that are UTF-8 as text, others in Base64 under a name that says so. */
final class RecordReports {
  private RecordReports() {}

  static Map<String, Object> data(ConsumerRecord record) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("topic", record.topic());
    data.put("partition", record.partition());
    data.put("offset", record.offset());
    data.put("timestamp", record.timestampMs());
    put(data, "key", record.key());
    put(data, "value", record.value());
    if (!record.headers().isEmpty()) {
      data.put("headers", headers(record.headers()));
    }
    return data;
  }

  private static List<Object> headers(List<Header> headers) {
    List<Object> list = new ArrayList<>();
    for (Header header : headers) {
      Map<String, Object> data = new LinkedHashMap<>();
      data.put("key", header.key());
      put(data, "value", header.value());
      list.add(data);
    }
    return list;
  }

  @SuppressWarnings("NullAway") // The map holds null for JSON's null.
  static void put(Map<String, Object> data, String name, byte @Nullable [] bytes) {
    if (bytes == null) {
      data.put(name, null);
      return;
    }
    try {
      data.put(name, StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      data.put(name + "_base64", Base64.getEncoder().encodeToString(bytes));
    }
  }
}
