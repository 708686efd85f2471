package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import java.util.List;

/** What bounds requests and the memory that they take. */
public final class LimitSettings {
  private static final int MB = 1 << 20;

  public static final ConfigKey<Integer> RPC_MAX_MESSAGE_BYTES =
      ConfigKey.of(
              "rpc.max.message.bytes",
              ConfigTypes.BUFFER_SIZE,
              16 * MB,
              "The most bytes of one gRPC message, either way.")
          .between(64 << 10, 1 << 30);
  public static final ConfigKey<Long> MAX_DECOMPRESSED_BYTES =
      ConfigKey.of(
              "max.decompressed.bytes",
              ConfigTypes.SIZE,
              64L * MB,
              "The most bytes that one record batch may unpack to; a larger one is refused before"
                  + " it is unpacked further.")
          .atLeast(1_024);
  public static final ConfigKey<Long> IN_FLIGHT_BYTES =
      ConfigKey.of(
              "max.in.flight.bytes",
              ConfigTypes.SIZE,
              128L * MB,
              "The most bytes of produce requests, and of requests to delete records, that are not"
                  + " answered yet, over all connections. Over it, streams are not read further and unary requests are refused.")
          .atLeast(1_024);
  public static final ConfigKey<Long> CONNECTION_IN_FLIGHT_BYTES =
      ConfigKey.of(
              "max.in.flight.bytes.per.connection",
              ConfigTypes.SIZE,
              32L * MB,
              "The same for one connection.")
          .atLeast(1_024);
  public static final ConfigKey<Integer> MAX_PRODUCE_STREAMS =
      ConfigKey.of(
              "max.produce.streams",
              ConfigTypes.INT,
              1_000,
              "The most produce streams of the server; further ones are refused. Each may bring one"
                  + " message (`rpc.max.message.bytes`) over `max.in.flight.bytes`: it was asked for"
                  + " while there was room.")
          .atLeast(1);
  public static final ConfigKey<Integer> MAX_FETCH_STREAMS =
      ConfigKey.of(
              "max.fetch.streams",
              ConfigTypes.INT,
              10_000,
              "The most fetch streams and tails of the server; further ones are refused.")
          .atLeast(1);
  public static final ConfigKey<Integer> MAX_METADATA_STREAMS =
      ConfigKey.of(
              "max.metadata.streams",
              ConfigTypes.INT,
              1_000,
              "The most streams of the server that tell of metadata and health; further ones are"
                  + " refused.")
          .atLeast(1);
  public static final ConfigKey<Integer> MAX_CONNECTIONS =
      ConfigKey.of(
              "max.connections",
              ConfigTypes.INT,
              1_000,
              "The most connections of clients; calls on further ones are refused.")
          .atLeast(1);
  public static final ConfigKey<Integer> MAX_STREAMS =
      ConfigKey.of(
              "max.streams.per.connection",
              ConfigTypes.INT,
              256,
              "The most calls at a time on one connection; further ones wait in the client.")
          .between(1, 100_000);
  public static final ConfigKey<Integer> MAX_FETCH_SUBSCRIPTIONS =
      ConfigKey.of(
              "max.partitions.per.fetch",
              ConfigTypes.INT,
              10_000,
              "The most partitions of one fetch, fetch stream, produce request, produce stream or"
                  + " offset look-up.")
          .atLeast(1);

  static final Section SECTION =
      new Section(
          "Limits",
          List.of(
              RPC_MAX_MESSAGE_BYTES,
              MAX_DECOMPRESSED_BYTES,
              IN_FLIGHT_BYTES,
              CONNECTION_IN_FLIGHT_BYTES,
              MAX_PRODUCE_STREAMS,
              MAX_FETCH_STREAMS,
              MAX_METADATA_STREAMS,
              MAX_CONNECTIONS,
              MAX_STREAMS,
              MAX_FETCH_SUBSCRIPTIONS));

  private LimitSettings() {}
}
