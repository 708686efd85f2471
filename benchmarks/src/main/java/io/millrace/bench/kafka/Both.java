package io.millrace.bench.kafka;

import java.util.function.Supplier;

/**
 * The same thing of each side.
 *
 * @param kafka Apache Kafka's
 * @param millrace Millrace's
 */
record Both<T>(T kafka, T millrace) {
  /** Two of what is supplied. */
  static <T> Both<T> of(Supplier<T> each) {
    return new Both<>(each.get(), each.get());
  }

  T of(Peer peer) {
    return switch (peer) {
      case KAFKA -> kafka;
      case MILLRACE -> millrace;
    };
  }
}
