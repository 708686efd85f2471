package io.millrace.bench.kafka.load;

import java.io.IOException;

/** One producer, one thread that sends, as fast as it goes. */
final class ProduceRound {
  private ProduceRound() {}

  /** Produces through the window and waits for the answers of the rest. */
  static Fields run(Side side, Fields round) throws IOException, InterruptedException {
    Tally tally = new Tally();
    Records records = Records.of(round.text("records"));
    Fields result;
    try (Sender sender = side.sender(round.text("topic"), round.after("set."))) {
      Feeder feeder = Feeder.unbounded(sender, records, round.number("max.bytes"), tally);
      Thread thread = feeder.start();
      try {
        result = Window.of(round).measure(tally);
      } finally {
        feeder.stop();
        thread.join();
      }
    }
    tally.check();
    return result;
  }

  /** Writes about that many bytes, to be read later. */
  static Fields fill(Side side, Fields round) throws IOException {
    Tally tally = new Tally();
    Records records = Records.of(round.text("records"));
    long bytes = round.number("bytes");
    try (Sender sender = side.sender(round.text("topic"), round.after("set."))) {
      while (bytes > 0) {
        byte[] value = records.next();
        sender.send(
            value,
            failure -> {
              if (failure != null) {
                tally.failed(failure);
              }
            });
        bytes -= value.length;
        tally.check();
      }
    }
    tally.check();
    return Fields.none();
  }
}
