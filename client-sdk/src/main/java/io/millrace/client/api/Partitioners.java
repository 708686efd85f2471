package io.millrace.client.api;

import io.millrace.client.internal.BuiltInPartitioners;

/** The partitioners that come with the client. Each call makes one of its own. */
public final class Partitioners {
  private Partitioners() {}

  /**
   * The default: records with a key by its hash (murmur2, as Apache Kafka's clients do, so that
   * both find a key in the same partition), records without one as {@link #sticky}.
   */
  public static Partitioner keyHash() {
    return BuiltInPartitioners.keyHash();
  }

  /**
   * All records, with a key or not, into one partition until its batch is full or sent, then into
   * the next: batches fill, and partitions get even shares.
   */
  public static Partitioner sticky() {
    return BuiltInPartitioners.sticky();
  }

  /** Each record of a topic, with a key or not, into the partition after that of the last one. */
  public static Partitioner roundRobin() {
    return BuiltInPartitioners.roundRobin();
  }

  /** Each record, with a key or not, into any partition. */
  public static Partitioner random() {
    return BuiltInPartitioners.random();
  }
}
