package io.millrace.broker.replica;

/** Something for a shard's thread to do; must not block on anything but its own disk. */
@FunctionalInterface
interface ShardTask {
  /** Does it, on the shard's thread. */
  void run();

  /** It never will be done: the shard has ended. On the thread of whoever queued it. */
  default void dropped() {}

  /** The bytes of memory that wait with it. */
  default long bytes() {
    return 0;
  }
}
