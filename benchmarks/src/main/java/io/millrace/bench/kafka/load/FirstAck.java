package io.millrace.bench.kafka.load;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The first record that a node acknowledges after its start. */
final class FirstAck {
  private static final int PATIENCE_SECONDS = 60;

  private FirstAck() {}

  /** Creates the topic and sends one record; returns when it was acknowledged. */
  static Fields run(Side side, Fields round) throws Exception {
    String topic = round.text("topic");
    side.createTopic(topic, 1, 1, round.after("config."));
    CompletableFuture<Instant> acknowledged = new CompletableFuture<>();
    try (Sender sender = side.sender(topic, round.after("set."))) {
      sender.send(
          new byte[100],
          failure -> {
            if (failure == null) {
              acknowledged.complete(Instant.now());
            } else {
              acknowledged.completeExceptionally(failure);
            }
          });
      Instant time = acknowledged.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return Fields.none().with("acknowledged_ms", time.toEpochMilli());
    }
  }
}
