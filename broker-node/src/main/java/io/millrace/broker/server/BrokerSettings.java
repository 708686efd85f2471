package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigReference;
import io.millrace.common.config.ConfigSchema;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigType;
import io.millrace.common.config.ConfigTypes;
import io.millrace.common.config.TopicConfigs;
import java.util.List;
import java.util.Locale;

/** What a node can be told: every setting of the server, once. */
public final class BrokerSettings {
  private static final int MB = 1 << 20;
  private static final ConfigType<ListenAddress> ADDRESS = ListenAddress.TYPE;

  /** How the log is written. */
  public enum LogFormat {
    /** A line for people. */
    TEXT,
    /** One JSON object a line in the Elastic Common Schema. */
    JSON;

    String configName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How much is logged. */
  public enum LogLevel {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE;

    String configName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public static final ConfigKey<Integer> NODE_ID =
      ConfigKey.of("node.id", ConfigTypes.INT, 1, "This node's number in the cluster.")
          .between(1, Integer.MAX_VALUE);
  public static final ConfigKey<String> CLUSTER_ID =
      ConfigKey.of(
          "cluster.id",
          ConfigTypes.STRING,
          "",
          "The cluster's id, a UUID. Empty: the one in the data directories, or a new one when they"
              + " are prepared for the first time.");
  public static final ConfigKey<List<String>> DATA_DIRS =
      ConfigKey.of(
          "data.dirs",
          ConfigTypes.STRING.list(),
          List.of("data"),
          "The directories that hold the logs, usually one for each disk. The first also holds the"
              + " metadata log.");
  public static final ConfigKey<String> RACK =
      ConfigKey.of("rack", ConfigTypes.STRING, "", "The rack or zone that this node stands in.");

  public static final ConfigKey<ListenAddress> LISTENER_CLIENT =
      ConfigKey.of(
          "listener.client",
          ADDRESS,
          new ListenAddress("127.0.0.1", 9650),
          "Where clients connect (gRPC). Port 0 takes a free one, here and below.");
  public static final ConfigKey<ListenAddress> LISTENER_INTERNAL =
      ConfigKey.of(
          "listener.internal",
          ADDRESS,
          new ListenAddress("127.0.0.1", 9651),
          "Where other nodes connect (gRPC).");
  public static final ConfigKey<ListenAddress> LISTENER_QUORUM =
      ConfigKey.of(
          "listener.quorum",
          ADDRESS,
          new ListenAddress("127.0.0.1", 9652),
          "Where the metadata quorum's members connect. Whoever reaches it can change the"
              + " membership.");
  public static final ConfigKey<ListenAddress> LISTENER_ADMIN =
      ConfigKey.of(
          "listener.admin",
          ADDRESS,
          new ListenAddress("127.0.0.1", 9653),
          "Where `/healthz`, `/readyz` and `/metrics` are served (HTTP).");
  public static final ConfigKey<String> ADVERTISED_LISTENER =
      ConfigKey.of(
          "advertised.listener",
          ConfigTypes.STRING,
          "",
          "host:port under which clients reach `listener.client`. Empty: its own host and port, or"
              + " the machine's name if it listens on all addresses. Port 0 stands for the port"
              + " listened on.");

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
              "The most bytes of produce requests that are not answered yet, over all connections."
                  + " Over it, streams are not read further and unary requests are refused.")
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
              "The most partitions of one fetch, fetch stream, produce request or offset look-up.")
          .atLeast(1);

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
              "The most bytes that are read for unary fetches and tails and not sent yet, over all"
                  + " connections. Over it, fetches are refused and tails wait; one answer or"
                  + " unpacked batch may pass it.")
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

  public static final ConfigKey<Integer> RPC_FLOW_CONTROL_WINDOW =
      ConfigKey.of(
              "rpc.flow.control.window.bytes",
              ConfigTypes.BUFFER_SIZE,
              2 * MB,
              "HTTP/2's window: what one stream and one connection may have under way.")
          .between(64 << 10, 64 * MB);
  public static final ConfigKey<Long> RPC_KEEPALIVE_MS =
      ConfigKey.of(
              "rpc.keepalive.ms",
              ConfigTypes.DURATION,
              60_000L,
              "An idle connection is probed after this time.")
          .atLeast(1_000);
  public static final ConfigKey<Long> RPC_KEEPALIVE_PERMIT_MS =
      ConfigKey.of(
              "rpc.keepalive.permit.ms",
              ConfigTypes.DURATION,
              10_000L,
              "Clients that probe more often than this are disconnected.")
          .atLeast(0);
  public static final ConfigKey<Long> RPC_CONNECTION_AGE_MS =
      ConfigKey.of(
              "rpc.max.connection.age.ms",
              ConfigTypes.DURATION,
              3_600_000L,
              "A client's connection is asked to go away at about this age, so that plain load"
                  + " balancers spread connections anew.")
          .atLeast(1_000);
  public static final ConfigKey<Long> RPC_CONNECTION_AGE_GRACE_MS =
      ConfigKey.of(
              "rpc.max.connection.age.grace.ms",
              ConfigTypes.DURATION,
              60_000L,
              "How long calls may go on after that.")
          .atLeast(1_000);
  public static final ConfigKey<Long> SHUTDOWN_TIMEOUT_MS =
      ConfigKey.of(
              "shutdown.timeout.ms",
              ConfigTypes.DURATION,
              10_000L,
              "How long calls in progress may go on when the server shuts down.")
          .atLeast(0);

  public static final ConfigKey<Integer> SHARDS_PER_DIR =
      ConfigKey.of(
              "shards",
              ConfigTypes.INT,
              0,
              "The threads that append, for each data directory; 0 for one a processor, divided"
                  + " among the directories.")
          .between(0, 1_024);
  public static final ConfigKey<Integer> FETCH_THREADS =
      ConfigKey.of(
              "fetch.threads",
              ConfigTypes.INT,
              0,
              "The threads that read for fetches; 0 for two a processor.")
          .between(0, 1_024);

  public static final ConfigKey<Integer> NUM_PARTITIONS =
      ConfigKey.of(
              "num.partitions",
              ConfigTypes.INT,
              1,
              "Partitions of a new topic that names no number.")
          .between(1, 10_000);
  public static final ConfigKey<Integer> DEFAULT_REPLICATION_FACTOR =
      ConfigKey.of(
              "default.replication.factor",
              ConfigTypes.INT,
              1,
              "Replicas of a new topic that names no number.")
          .between(1, 32_767);
  public static final ConfigKey<Long> RETENTION_CHECK_INTERVAL_MS =
      ConfigKey.of(
              "log.retention.check.interval.ms",
              ConfigTypes.DURATION,
              300_000L,
              "How often segments are looked at for deletion.")
          .atLeast(1);
  public static final ConfigKey<Long> CHECKPOINT_INTERVAL_MS =
      ConfigKey.of(
              "log.flush.offset.checkpoint.interval.ms",
              ConfigTypes.DURATION,
              60_000L,
              "How often the recovery points are written down: what lies before one is not read"
                  + " again after a crash.")
          .atLeast(1);
  public static final ConfigKey<Integer> MAX_OPEN_SEGMENTS =
      ConfigKey.of(
              "log.max.open.segments",
              ConfigTypes.INT,
              4_096,
              "The most sealed segments that are open at a time, over all data directories; each"
                  + " takes a file and two mappings.")
          .between(16, 1_000_000);
  public static final ConfigKey<Integer> RECOVERY_THREADS =
      ConfigKey.of(
              "num.recovery.threads.per.data.dir",
              ConfigTypes.INT,
              2,
              "The threads that open and check logs at the start, for each data directory.")
          .between(1, 1_024);

  public static final ConfigKey<Long> PRODUCER_ID_EXPIRATION_MS =
      ConfigKey.of(
              "producer.id.expiration.ms",
              ConfigTypes.DURATION,
              86_400_000L,
              "An idempotent producer that wrote nothing for this time is forgotten.")
          .atLeast(1);
  public static final ConfigKey<Integer> PRODUCER_BATCHES_REMEMBERED =
      ConfigKey.of(
              "producer.batches.remembered",
              ConfigTypes.INT,
              64,
              "How many batches of a producer and partition are remembered to recognize repeats;"
                  + " a producer should not have more in flight.")
          .between(1, 1_024);

  public static final ConfigKey<LogFormat> LOGGING_FORMAT =
      ConfigKey.of(
          "logging.format",
          ConfigTypes.oneOf(LogFormat.class, LogFormat::configName),
          LogFormat.TEXT,
          "How the log on standard error is written: text, or json in the Elastic Common Schema.");
  public static final ConfigKey<LogLevel> LOGGING_LEVEL =
      ConfigKey.of(
          "logging.level",
          ConfigTypes.oneOf(LogLevel.class, LogLevel::configName),
          LogLevel.INFO,
          "How much of Millrace's own doing is logged.");

  /** Every setting of the server. */
  public static final ConfigSchema SCHEMA =
      new ConfigSchema(
          "setting",
          List.of(
              new Section("Node", List.of(NODE_ID, CLUSTER_ID, DATA_DIRS, RACK)),
              new Section(
                  "Listeners",
                  List.of(
                      LISTENER_CLIENT,
                      LISTENER_INTERNAL,
                      LISTENER_QUORUM,
                      LISTENER_ADMIN,
                      ADVERTISED_LISTENER)),
              new Section(
                  "Limits",
                  List.of(
                      RPC_MAX_MESSAGE_BYTES,
                      MAX_DECOMPRESSED_BYTES,
                      IN_FLIGHT_BYTES,
                      CONNECTION_IN_FLIGHT_BYTES,
                      MAX_PRODUCE_STREAMS,
                      MAX_CONNECTIONS,
                      MAX_STREAMS,
                      MAX_FETCH_SUBSCRIPTIONS)),
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
                      ADMIN_TIMEOUT_MS)),
              new Section(
                  "Connections",
                  List.of(
                      RPC_FLOW_CONTROL_WINDOW,
                      RPC_KEEPALIVE_MS,
                      RPC_KEEPALIVE_PERMIT_MS,
                      RPC_CONNECTION_AGE_MS,
                      RPC_CONNECTION_AGE_GRACE_MS,
                      SHUTDOWN_TIMEOUT_MS)),
              new Section("Threads", List.of(SHARDS_PER_DIR, FETCH_THREADS, RECOVERY_THREADS)),
              new Section(
                  "Logs",
                  List.of(
                      NUM_PARTITIONS,
                      DEFAULT_REPLICATION_FACTOR,
                      RETENTION_CHECK_INTERVAL_MS,
                      CHECKPOINT_INTERVAL_MS,
                      MAX_OPEN_SEGMENTS)),
              TopicConfigs.brokerDefaults(),
              new Section(
                  "Producers", List.of(PRODUCER_ID_EXPIRATION_MS, PRODUCER_BATCHES_REMEMBERED)),
              new Section("Logging", List.of(LOGGING_FORMAT, LOGGING_LEVEL))));

  private BrokerSettings() {}

  /** The reference page of all settings, the server's and the topics'. */
  public static String reference() {
    return """
        # Configuration

        A setting has its default unless the configuration file (`--config FILE`, lines of `key = value`), the environment
        or a flag (`--set KEY=VALUE`) says otherwise; a later one of these wins. `millrace config show` prints the values in
        force and where each comes from.

        A size is a number of bytes, or a number with KB, MB, GB or TB (1 KB = 1,024 bytes). A duration is a number of
        milliseconds, or a number with ms, s, min, h or d. Lists are separated by commas.

        # Server

        """
        + ConfigReference.markdown(SCHEMA, true)
        + """
        # Topic

        Set when a topic is created or later (`millrace topic create --config`, `millrace topic alter`). What a topic does
        not set follows the server's setting of the section *Defaults of topics* above.

        """
        + ConfigReference.markdown(TopicConfigs.SCHEMA, false);
  }
}
