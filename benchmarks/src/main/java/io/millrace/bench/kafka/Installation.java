package io.millrace.bench.kafka;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the programs are that the comparison starts.
 *
 * @param root the checkout, built
 * @param kafkaLib the jars that Apache Kafka runs with
 * @param kafkaVersion their version
 */
record Installation(Path root, Path kafkaLib, String kafkaVersion) {
  /** As {@code benchmarks/against-kafka} tells it. */
  static Installation ofProperties() {
    return new Installation(
        Path.of(property("millrace.root")),
        Path.of(property("kafka.lib")),
        property("kafka.version"));
  }

  private static String property(String name) {
    String value = System.getProperty(name);
    if (value == null) {
      throw new IllegalStateException(
          "-D" + name + " is not set (expected: a run by benchmarks/against-kafka)");
    }
    return value;
  }

  /** The Java that runs this process runs all others. */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  String kafkaClassPath() {
    return kafkaLib + "/*";
  }

  /** The class path of a side's client process; the load program is in both. */
  String clientClassPath(Peer peer) {
    return switch (peer) {
      case KAFKA -> root.resolve("benchmarks/target/classes") + ":" + kafkaClassPath();
      case MILLRACE -> System.getProperty("java.class.path");
    };
  }

  /** Arguments of a JVM that may be published: without paths of this machine. */
  List<String> withoutPaths(List<String> arguments) {
    List<String> shown = new ArrayList<>();
    for (String argument : arguments) {
      int slash = argument.indexOf('/');
      int equals = argument.lastIndexOf('=');
      boolean path = slash >= 0 && equals >= 0 && slash > equals;
      shown.add(path ? argument.substring(0, equals + 1) + "…" : argument);
    }
    return shown;
  }
}
