package io.millrace.bench.kafka;

/** The two that are compared, in the order of their turns. */
enum Peer {
  KAFKA("Apache Kafka", "io.millrace.bench.kafka.side.KafkaSide"),
  MILLRACE("Millrace", "io.millrace.bench.kafka.side.MillraceSide");

  private final String title;
  private final String sideClass;

  Peer(String title, String sideClass) {
    this.title = title;
    this.sideClass = sideClass;
  }

  String title() {
    return title;
  }

  /** The class that {@code LoadMain} is told to load. */
  String sideClass() {
    return sideClass;
  }

  Peer other() {
    return this == KAFKA ? MILLRACE : KAFKA;
  }
}
