package io.millrace.bench.kafka.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A producer at a fixed rate and a consumer of the same records in one process: times from the send
 * to its acknowledgement and from the send to the receipt, on one clock.
 */
final class LatencyRound implements Runnable {
  private static final Duration POLL = Duration.ofMillis(100);

  private final Side side;
  private final Fields round;
  private final Tally acknowledged = new Tally();
  private final Tally received = new Tally();
  private volatile boolean stopped;

  private LatencyRound(Side side, Fields round) {
    this.side = side;
    this.round = round;
  }

  /** Produces and consumes through the window. */
  static Fields run(Side side, Fields round) throws IOException, InterruptedException {
    return new LatencyRound(side, round).measure();
  }

  private Fields measure() throws IOException, InterruptedException {
    Records records = Records.of(round.text("records"));
    Thread reader = new Thread(this, "reader");
    reader.start();
    try (Sender sender = side.sender(round.text("topic"), round.after("set."))) {
      Feeder feeder =
          Feeder.paced(
              sender, records, round.real("rate"), round.number("max.bytes"), acknowledged);
      Thread thread = feeder.start();
      try {
        return measureBoth();
      } finally {
        feeder.stop();
        thread.join();
      }
    } finally {
      stopped = true;
      reader.join();
    }
  }

  /** The receipts are taken over the same window, read just outside of its ends. */
  private Fields measureBoth() throws IOException, InterruptedException {
    Window window = Window.of(round);
    window.awaitRamp(acknowledged);
    Latencies.Copy before = received.latencies();
    Fields result = window.withoutRamp().measure(acknowledged);
    Latencies.Copy receipts = received.latencies().since(before);
    received.check();
    return result
        .with("end_to_end_p50_ms", receipts.quantileMs(0.5))
        .with("end_to_end_p99_ms", receipts.quantileMs(0.99));
  }

  @Override
  public void run() {
    int partitions = (int) round.number("partitions");
    try (Receiver receiver =
        side.receiver(round.text("topic"), partitions, round.after("receive."))) {
      while (!stopped) {
        receiver.poll(POLL, (partition, offset, value) -> received(value));
      }
    } catch (RuntimeException e) {
      received.failed(e);
    }
  }

  private void received(byte[] value) {
    received.add(System.nanoTime() - ByteBuffer.wrap(value).getLong(), value.length);
  }
}
