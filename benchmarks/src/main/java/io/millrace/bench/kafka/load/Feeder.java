package io.millrace.bench.kafka.load;

import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The thread that sends until it is told to stop. What it sends is bounded by bytes: a round that
 * reaches the bound fails.
 */
final class Feeder implements Runnable {
  private final Sender sender;
  private final Records records;
  private final LongSupplier clock;
  private final boolean stamped;
  private final long maxBytes;
  private final Tally tally;
  private volatile boolean stopped;

  private Feeder(
      Sender sender,
      Records records,
      LongSupplier clock,
      boolean stamped,
      long maxBytes,
      Tally tally) {
    this.sender = sender;
    this.records = records;
    this.clock = clock;
    this.stamped = stamped;
    this.maxBytes = maxBytes;
    this.tally = tally;
  }

  /** As fast as the producer takes them. */
  static Feeder unbounded(Sender sender, Records records, long maxBytes, Tally tally) {
    return new Feeder(sender, records, System::nanoTime, false, maxBytes, tally);
  }

  /** At a rate; each value begins with the time from which its latency counts. */
  static Feeder paced(
      Sender sender, Records records, double recordsPerSecond, long maxBytes, Tally tally) {
    return new Feeder(
        sender, records, Pace.ofRealTime(recordsPerSecond)::await, true, maxBytes, tally);
  }

  Thread start() {
    Thread thread = new Thread(this, "feeder");
    thread.start();
    return thread;
  }

  void stop() {
    stopped = true;
  }

  @Override
  public void run() {
    try {
      long bytes = 0;
      while (!stopped && !tally.hasFailed()) {
        long since = clock.getAsLong();
        byte[] value = stamped ? stamp(records.next(), since) : records.next();
        sender.send(value, new Sent(tally, since, value.length));
        bytes += value.length;
        if (bytes > maxBytes) {
          throw new IllegalStateException("more than " + maxBytes + " bytes before the end");
        }
      }
    } catch (RuntimeException e) {
      tally.failed(e);
    }
  }

  private static byte[] stamp(byte[] value, long nanos) {
    byte[] copy = value.clone();
    ByteBuffer.wrap(copy).putLong(nanos);
    return copy;
  }

  private record Sent(Tally tally, long since, int bytes) implements SendListener {
    @Override
    public void done(@Nullable Throwable failure) {
      if (failure == null) {
        tally.add(System.nanoTime() - since, bytes);
      } else {
        tally.failed(failure);
      }
    }
  }
}
