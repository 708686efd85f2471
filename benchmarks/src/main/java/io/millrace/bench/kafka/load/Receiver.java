package io.millrace.bench.kafka.load;

import java.time.Duration;

/** A consumer by assignment. Confined to one thread. */
public interface Receiver extends AutoCloseable {
  /** What takes the records of a poll. */
  interface Sink {
    void record(int partition, long offset, byte[] value);
  }

  /** Waits up to the time-out for records and hands out those that are there. */
  void poll(Duration timeout, Sink sink);

  /** Reads a partition from its beginning again. */
  void rewind(int partition);

  @Override
  void close();
}
