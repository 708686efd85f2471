package io.millrace.broker.replica;

/** Something for a shard's thread to do; must not block on anything but its own disk. */
@FunctionalInterface
interface ShardTask {
  /** Does it, on the shard's thread. */
  void run();

  /** The bytes of memory that wait with it. */
  default long bytes() {
    return 0;
  }
}
