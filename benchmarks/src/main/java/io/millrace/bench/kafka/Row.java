package io.millrace.bench.kafka;

import io.millrace.bench.kafka.load.Fields;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What came of a workload.
 *
 * @param workload what was done
 * @param rounds the rounds that count, of each side, in order
 * @param failure why it ended early
 */
record Row(Workload workload, Both<List<Fields>> rounds, Optional<String> failure) {
  OptionalDouble median(Peer peer, String figure) {
    return Statistics.median(of(peer), figure);
  }

  /** Millrace's figure as a multiple of Kafka's. */
  OptionalDouble ratio(String figure) {
    return Statistics.medianRatio(of(Peer.KAFKA), of(Peer.MILLRACE), figure);
  }

  OptionalDouble highest(Peer peer, String figure) {
    return Statistics.highest(of(peer), figure);
  }

  private List<Fields> of(Peer peer) {
    return rounds.of(peer);
  }
}
