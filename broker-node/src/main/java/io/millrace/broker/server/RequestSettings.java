package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import java.util.List;

/** How long requests wait, and how much they bring. */
public final class RequestSettings {
  private static final int MB = 1 << 20;

  public static final ConfigKey<Long> PRODUCE_TIMEOUT_MS =
      ConfigKey.of(
              "produce.timeout.ms",
              ConfigTypes.DURATION,
              30_000L,
              "How long a produce request waits for its acks when it names no time.")
          .atLeast(1);
  public static final ConfigKey<Long> PRODUCE_MAX_TIMEOUT_MS =
      ConfigKey.of(
              "produce.max.timeout.ms",
              ConfigTypes.DURATION,
              120_000L,
              "The longest time that a produce request can ask for; a longer one is cut to this.")
          .atLeast(1);
  public static final ConfigKey<Long> FETCH_MAX_WAIT_MS =
      ConfigKey.of(
              "fetch.max.wait.ms",
              ConfigTypes.DURATION,
              60_000L,
              "The longest time that a fetch can wait for data; a longer one is cut to this.")
          .atLeast(0);
  public static final ConfigKey<Integer> FETCH_MAX_BYTES =
      ConfigKey.of(
              "fetch.max.bytes",
              ConfigTypes.BUFFER_SIZE,
              8 * MB,
              "The most bytes of records in one answer of a fetch, but for a single larger batch;"
                  + " kept below `rpc.max.message.bytes`.")
          .between(1_024, 1 << 30);
  public static final ConfigKey<Long> FETCH_IN_FLIGHT_BYTES =
      ConfigKey.of(
              "fetch.max.in.flight.bytes",
              ConfigTypes.SIZE,
              128L * MB,
              "The most bytes that are read for clients and not sent yet, over all connections. Over"
                  + " it, unary fetches are refused, and fetch streams and tails wait; one answer,"
                  + " message or unpacked batch may pass it.")
          .atLeast(1_024);
  public static final ConfigKey<Long> CONNECTION_FETCH_IN_FLIGHT_BYTES =
      ConfigKey.of(
              "fetch.max.in.flight.bytes.per.connection",
              ConfigTypes.SIZE,
              32L * MB,
              "The same for one connection.")
          .atLeast(1_024);
  public static final ConfigKey<Integer> FETCH_STREAM_MESSAGE_BYTES =
      ConfigKey.of(
              "fetch.stream.message.bytes",
              ConfigTypes.BUFFER_SIZE,
              MB - (4 << 10),
              "The most bytes of records in one message of a fetch stream, but for a single larger"
                  + " batch.")
          .between(1_024, 1 << 30);
  public static final ConfigKey<Long> ADMIN_TIMEOUT_MS =
      ConfigKey.of(
              "admin.timeout.ms",
              ConfigTypes.DURATION,
              30_000L,
              "How long an administrative request may take when its call has no earlier deadline.")
          .atLeast(1);

  static final Section SECTION =
      new Section(
          "Requests",
          List.of(
              PRODUCE_TIMEOUT_MS,
              PRODUCE_MAX_TIMEOUT_MS,
              FETCH_MAX_WAIT_MS,
              FETCH_MAX_BYTES,
              FETCH_IN_FLIGHT_BYTES,
              CONNECTION_FETCH_IN_FLIGHT_BYTES,
              FETCH_STREAM_MESSAGE_BYTES,
              ADMIN_TIMEOUT_MS));

  private RequestSettings() {}
}
