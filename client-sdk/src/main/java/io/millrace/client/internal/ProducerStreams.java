package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A producer's streams: one to each broker, and further ones to a broker that leads more partitions
 * than it takes on a stream. Confined to the producer's thread.
 */
final class ProducerStreams {
  private final Function<BrokerAddress, ProduceConnection> opener;

  /**
   * In the order in which they were opened; no list is empty. Places are never given back, and a
   * stream is opened when all others are full: so at most one has places, and a partition that
   * comes back finds its own.
   */
  private final Map<BrokerAddress, List<ProduceConnection>> byBroker = new HashMap<>();

  ProducerStreams(Function<BrokerAddress, ProduceConnection> opener) {
    this.opener = opener;
  }

  /** A stream to a broker that has, or may have, a place for a partition; opened if need be. */
  ProduceConnection streamFor(BrokerAddress broker, PartitionPipe pipe) {
    List<ProduceConnection> streams = byBroker.computeIfAbsent(broker, b -> new ArrayList<>());
    for (ProduceConnection stream : streams) {
      if (stream.admits(pipe)) {
        return stream;
      }
    }
    ProduceConnection opened = opener.apply(broker);
    streams.add(opened);
    return opened;
  }

  /** A stream is over. */
  void ended(ProduceConnection stream) {
    List<ProduceConnection> streams = byBroker.getOrDefault(stream.broker(), new ArrayList<>());
    streams.remove(stream);
    if (streams.isEmpty()) {
      byBroker.remove(stream.broker());
    }
  }

  /**
   * Ends those that no partition is on; the ones that brokers did not end since the last call, at
   * once.
   */
  void completeUnused(Set<ProduceConnection> used) {
    for (ProduceConnection stream : all()) {
      if (stream.isCompleting()) {
        stream.cancel("the broker does not end it");
        ended(stream);
      } else if (!used.contains(stream)) {
        stream.complete();
      }
    }
  }

  void completeAll() {
    all().forEach(ProduceConnection::complete);
  }

  void cancelAll(String why) {
    all().forEach(stream -> stream.cancel(why));
    byBroker.clear();
  }

  boolean areOver() {
    return byBroker.isEmpty();
  }

  private List<ProduceConnection> all() {
    return byBroker.values().stream().flatMap(List::stream).toList();
  }
}
