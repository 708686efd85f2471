package io.millrace.bench.kafka.load;

import org.jspecify.annotations.Nullable;

/** Learns how a send ended, on the producer's own thread. */
public interface SendListener {
  /** Called once; null if the record was acknowledged. */
  void done(@Nullable Throwable failure);
}
