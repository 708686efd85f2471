package io.millrace.bench.kafka;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What a Kafka node (KRaft, broker and controller at once) is started with: the flags of Kafka's
 * own start script, and its defaults but for addresses, directories, and what does not fit one
 * node.
 */
final class KafkaFiles {
  static final String PROPERTIES = "server.properties";
  static final String LOGGING = "log4j2.properties";
  static final String CLIENT_LOGGING = "log4j2-client.properties";
  static final String DATA = "data";

  /** As bin/kafka-server-start.sh gives them, without remote JMX. */
  static final List<String> JVM_FLAGS =
      List.of(
          "-Xmx1g",
          "-Xms1g",
          "-server",
          "-XX:+UseG1GC",
          "-XX:MaxGCPauseMillis=20",
          "-XX:InitiatingHeapOccupancyPercent=35",
          "-XX:+ExplicitGCInvokesConcurrent",
          "-Djava.awt.headless=true");

  private KafkaFiles() {}

  static Map<String, String> settings(Seat seat) {
    int port = seat.port();
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", "" + seat.nodeId());
    settings.put(
        "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + (port + 1));
    settings.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    settings.put("inter.broker.listener.name", "PLAINTEXT");
    settings.put("controller.quorum.voters", seat.voters(other -> "127.0.0.1:" + (other + 1)));
    settings.put("log.dirs", seat.directory().resolve(DATA).toString());
    settings.put("offsets.topic.replication.factor", "1");
    settings.put("transaction.state.log.replication.factor", "1");
    settings.put("transaction.state.log.min.isr", "1");
    settings.put("share.coordinator.state.topic.replication.factor", "1");
    settings.put("share.coordinator.state.topic.min.isr", "1");
    settings.put(Launcher.DELETE_DELAY, Launcher.DELETE_DELAY_MS);
    return settings;
  }

  /** Writes the node's files; returns its properties. */
  static Path write(Seat seat) throws IOException {
    Path directory = seat.directory();
    Files.writeString(directory.resolve(LOGGING), logging("SYSTEM_OUT", "info"));
    Files.writeString(directory.resolve(CLIENT_LOGGING), logging("SYSTEM_ERR", "warn"));
    String text =
        settings(seat).entrySet().stream()
            .map(entry -> entry.getKey() + "=" + entry.getValue() + "\n")
            .collect(Collectors.joining());
    return Files.writeString(directory.resolve(PROPERTIES), text);
  }

  private static String logging(String target, String level) {
    return String.join(
        "\n",
        "status = error",
        "appender.console.type = Console",
        "appender.console.name = console",
        "appender.console.target = " + target,
        "appender.console.layout.type = PatternLayout",
        "appender.console.layout.pattern = [%d] %p %m (%c)%n",
        "rootLogger.level = " + level,
        "rootLogger.appenderRef.console.ref = console",
        "");
  }

  /** The arguments after the class path that prepare the directory. */
  static List<String> formatCommand(String clusterId, Path properties) {
    return List.of(
        "kafka.tools.StorageTool", "format", "-t", clusterId, "-c", properties.toString());
  }

  /** A new one. */
  static String clusterId() {
    UUID id = UUID.randomUUID();
    ByteBuffer bytes = ByteBuffer.allocate(16);
    bytes.putLong(id.getMostSignificantBits() >>> 1).putLong(id.getLeastSignificantBits());
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }
}
