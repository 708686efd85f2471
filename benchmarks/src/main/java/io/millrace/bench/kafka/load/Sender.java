package io.millrace.bench.kafka.load;

/** A producer. Called by one thread. */
public interface Sender extends AutoCloseable {
  /** Hands a record without a key to the producer; waits while its buffer is full. */
  void send(byte[] value, SendListener listener);

  /** Sends what is waiting, waits for the answers and releases everything. */
  @Override
  void close();
}
