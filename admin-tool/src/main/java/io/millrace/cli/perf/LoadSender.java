package io.millrace.cli.perf;

import io.millrace.client.api.Producer;
import io.millrace.client.api.ProducerRecord;
import io.millrace.common.time.Clock;

/**
 * Sends records as its {@link Pace} wants it. Confined to one thread, but for {@link #stop}.
 *
 * <p>A latency begins when the pace had the record due. At a fixed rate that is so even if it could
 * only be sent later: what a stall does to the records that had to wait for it is part of what is
 * measured, and not left out ("coordinated omission", a term of Gil Tene's). Without a rate it
 * begins with the call of send, and includes the time for which the call waits for room in the
 * producer's buffer.
 */
final class LoadSender {
  /** Makes the records. */
  interface Source {
    /** The next record, which counts as sent at this time. */
    ProducerRecord next(long startNanos);
  }

  private final Producer producer;
  private final Clock clock;
  private volatile boolean stopped;

  LoadSender(Producer producer, Clock clock) {
    this.producer = producer;
    this.clock = clock;
  }

  /**
   * Sends so many records, or fewer if one fails or {@link #stop} is called, and waits for all
   * answers.
   *
   * @return how long it took, in nanoseconds
   */
  long send(long count, Pace pace, Source source, Acknowledgements answers) {
    long beginNanos = clock.monotonicNanos();
    for (long i = 0; i < count && answers.failed() == 0; i++) {
      long startNanos = pace.await(i);
      if (stopped) {
        break;
      }
      sendOne(source.next(startNanos), startNanos, answers);
    }
    producer.flush();
    return clock.monotonicNanos() - beginNanos;
  }

  private void sendOne(ProducerRecord record, long startNanos, Acknowledgements answers) {
    byte[] value = record.value();
    int bytes = value == null ? 0 : value.length;
    try {
      producer.send(record, answers.expect(startNanos, bytes));
    } catch (IllegalStateException e) {
      // Whoever stopped this may have closed the producer.
      if (!stopped) {
        throw e;
      }
    }
  }

  boolean isStopped() {
    return stopped;
  }

  /** Sends no more. Any thread. */
  void stop() {
    stopped = true;
  }
}
