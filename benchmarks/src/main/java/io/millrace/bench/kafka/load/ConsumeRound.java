package io.millrace.bench.kafka.load;

import java.io.IOException;
import java.time.Duration;

/**
 * One consumer that reads all partitions of a filled topic over and over: each starts again at its
 * beginning when its end is reached, so that a window may be longer than the data.
 */
final class ConsumeRound implements Runnable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final Side side;
  private final Fields round;
  private final long[] ends;
  private final Tally tally = new Tally();
  private volatile boolean stopped;

  private ConsumeRound(Side side, Fields round, long[] ends) {
    this.side = side;
    this.round = round;
    this.ends = ends;
  }

  /** Consumes through the window. */
  static Fields run(Side side, Fields round) throws Exception {
    String topic = round.text("topic");
    long[] ends = side.ends(topic, (int) round.number("partitions"));
    return new ConsumeRound(side, round, ends).measure();
  }

  private Fields measure() throws IOException, InterruptedException {
    Thread reader = new Thread(this, "reader");
    reader.start();
    try {
      return Window.of(round).measure(tally);
    } finally {
      stopped = true;
      reader.join();
    }
  }

  @Override
  public void run() {
    try (Receiver receiver = side.receiver(round.text("topic"), ends.length, round.after("set."))) {
      boolean[] ended = new boolean[ends.length];
      while (!stopped) {
        receiver.poll(
            POLL,
            (partition, offset, value) -> {
              tally.add(0, value.length);
              ended[partition] |= offset + 1 == ends[partition];
            });
        rewind(receiver, ended);
      }
    } catch (RuntimeException e) {
      tally.failed(e);
    }
  }

  private static void rewind(Receiver receiver, boolean[] ended) {
    for (int partition = 0; partition < ended.length; partition++) {
      if (ended[partition]) {
        ended[partition] = false;
        receiver.rewind(partition);
      }
    }
  }
}
