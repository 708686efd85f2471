package io.millrace.bench.kafka;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Makes a file of JSON lines as services write them, about 1,000 bytes each; always the same. */
final class JsonLines {
  private static final int LINES = 16_000;
  private static final long FIRST_TIME_MS = 1_700_000_000_000L;
  private static final List<String> SERVICES =
      List.of("checkout", "catalogue", "payments", "shipping", "accounts", "search", "gateway");
  private static final List<String> METHODS = List.of("GET", "GET", "GET", "POST", "PUT", "DELETE");
  private static final List<String> COUNTRIES = List.of("DE", "FR", "GB", "IN", "JP", "BR", "US");
  private static final List<String> WORDS =
      List.of(
          "order",
          "accepted",
          "refused",
          "customer",
          "retry",
          "upstream",
          "timeout",
          "cache",
          "price",
          "updated",
          "stock",
          "reserved",
          "session",
          "expired",
          "address",
          "verified");

  private final Random random = new Random(7);

  private JsonLines() {}

  static void write(Path file) throws IOException {
    JsonLines lines = new JsonLines();
    try (BufferedWriter writer = Files.newBufferedWriter(file)) {
      for (int i = 0; i < LINES; i++) {
        writer.write(lines.line(i));
        writer.write('\n');
      }
    }
  }

  private String line(int number) {
    return String.format(
        "{\"time_ms\":%d,\"service\":\"%s\",\"host\":\"node-%03d\",\"trace_id\":\"%s\","
            + "\"method\":\"%s\",\"path\":\"/v1/%s/%d\",\"status\":%d,\"duration_us\":%d,"
            + "\"customer\":{\"id\":%d,\"country\":\"%s\",\"email\":\"user%d@example.com\"},"
            + "\"items\":[%s],\"message\":\"%s\"}",
        FIRST_TIME_MS + number * 3L,
        one(SERVICES),
        random.nextInt(200),
        new UUID(random.nextLong(), random.nextLong()),
        one(METHODS),
        one(WORDS),
        random.nextInt(1_000_000),
        random.nextInt(20) == 0 ? 500 : 200,
        random.nextInt(300_000),
        random.nextInt(5_000_000),
        one(COUNTRIES),
        random.nextInt(5_000_000),
        items(),
        message());
  }

  private String items() {
    StringBuilder items = new StringBuilder();
    int count = 3 + random.nextInt(5);
    for (int i = 0; i < count; i++) {
      items
          .append(i == 0 ? "" : ",")
          .append(
              String.format(
                  "{\"sku\":\"%08x\",\"quantity\":%d,\"cents\":%d,\"warehouse\":\"%s-%d\"}",
                  random.nextInt(),
                  1 + random.nextInt(4),
                  random.nextInt(100_000),
                  one(COUNTRIES),
                  random.nextInt(30)));
    }
    return items.toString();
  }

  private String message() {
    StringBuilder message = new StringBuilder();
    int words = 12 + random.nextInt(40);
    for (int i = 0; i < words; i++) {
      message.append(i == 0 ? "" : " ").append(one(WORDS));
    }
    return message.toString();
  }

  private String one(List<String> of) {
    return of.get(random.nextInt(of.size()));
  }
}
