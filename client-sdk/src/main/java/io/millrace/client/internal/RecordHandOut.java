package io.millrace.client.internal;

import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.common.MillraceException;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Moves the records of the message that is being read to the caller, a poll's worth at a time.
 * Confined to the consumer's thread.
 */
final class RecordHandOut {
  private final ConsumerConfig config;
  private final BiConsumer<Subscription, MillraceException> onDefect;
  private Optional<Reading> reading = Optional.empty();

  /** The message whose records are being handed out. */
  private record Reading(Subscription subscription, FetchEvent.Data event, BatchDecoder records) {}

  /**
   * @param onDefect told of a batch that can't be read; its message is dropped
   */
  RecordHandOut(ConsumerConfig config, BiConsumer<Subscription, MillraceException> onDefect) {
    this.config = config;
    this.onDefect = onDefect;
  }

  /** Begins with a message that has records; the last one must be over. */
  void begin(Subscription subscription, FetchEvent.Data event) {
    BatchDecoder decoder =
        new BatchDecoder(
            subscription.partition(),
            event.response().getData().getRecords(),
            subscription.position(),
            config.maxDecompressedBytes());
    reading = Optional.of(new Reading(subscription, event, decoder));
  }

  /** Moves records; true when the caller has enough, false when the message is over. */
  boolean moveTo(List<ConsumerRecord> records) {
    if (reading.isEmpty()) {
      return false;
    }
    Reading current = reading.get();
    while (records.size() < config.maxPollRecords()) {
      Optional<ConsumerRecord> next;
      try {
        next = current.records().next();
      } catch (MillraceException e) {
        finish(current);
        onDefect.accept(current.subscription(), e);
        return false;
      }
      current.subscription().advanceTo(current.records().position());
      if (next.isEmpty()) {
        finish(current);
        return false;
      }
      records.add(next.get());
    }
    return true;
  }

  /** Drops what is left of the message if it is this subscription's. */
  void drop(Subscription subscription) {
    reading.filter(r -> r.subscription() == subscription).ifPresent(this::finish);
  }

  private void finish(Reading current) {
    current.event().connection().done(current.event().response());
    reading = Optional.empty();
  }
}
