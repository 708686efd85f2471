package io.millrace.client.api;

import io.millrace.client.internal.DefaultClient;

/**
 * The way in: one set of connections that any number of producers, consumers and admin calls share.
 * Thread-safe; closing it closes what was made from it.
 */
public interface MillraceClient extends AutoCloseable {
  /**
   * A client of the cluster. Opens no connection yet: the first call does, and tells what is wrong
   * with the addresses if none answers.
   */
  static MillraceClient connect(ClientConfig config) {
    return new DefaultClient(config);
  }

  /** The settings it was made with. */
  ClientConfig config();

  /** Topics, offsets and facts about the cluster. */
  Admin admin();

  /** A new producer. */
  Producer producer(ProducerConfig config);

  /** A new consumer, which has no partitions yet. */
  Consumer consumer(ConsumerConfig config);

  /**
   * Closes the producers, after sending what they hold (see {@link Producer#close()}), the
   * consumers and the connections.
   *
   * <p>In a callback of one of its producers it returns at once and all of this happens on another
   * thread: a callback that waited for its own producer would wait for ever. A second call, on any
   * other thread, waits until the producers are closed; whoever ends the process must make it, as
   * the other thread does not keep the process alive.
   */
  @Override
  void close();
}
