package io.millrace.client.internal;

import io.millrace.client.api.ConsumerConfig;
import io.millrace.client.api.ConsumerRecord;
import io.millrace.common.MillraceException;
import io.millrace.common.record.RecordWalk;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * Moves the records of the message that is being read to the caller, a poll's worth at a time.
 * Confined to the consumer's thread.
 */
final class RecordHandOut {
  private final ConsumerConfig config;
  private final ConsumerCounters counters;
  private final LongSupplier poll;
  private final BiConsumer<Subscription, MillraceException> onDefect;
  private final RecordWalk walk = new RecordWalk();
  private Optional<Reading> reading = Optional.empty();

  /** The message whose records are being handed out. */
  private record Reading(Subscription subscription, FetchEvent.Data event, BatchDecoder records) {}

  /**
   * @param poll the number of the present poll
   * @param onDefect told of a batch that can't be read; its message is dropped
   */
  RecordHandOut(
      ConsumerConfig config,
      ConsumerCounters counters,
      LongSupplier poll,
      BiConsumer<Subscription, MillraceException> onDefect) {
    this.config = config;
    this.counters = counters;
    this.poll = poll;
    this.onDefect = onDefect;
  }

  /** Begins with a message that has records; the last one must be over. */
  void begin(Subscription subscription, FetchEvent.Data event) {
    counters.bytes.addAndGet(event.message().recordBytes());
    BatchDecoder decoder =
        new BatchDecoder(
            subscription.partition(),
            event.message().records(),
            subscription.position(),
            walk,
            config,
            counters);
    reading = Optional.of(new Reading(subscription, event, decoder));
  }

  /** Moves records; true when the caller has enough, false when the message is over. */
  boolean moveTo(List<ConsumerRecord> records) {
    if (reading.isEmpty()) {
      return false;
    }
    Reading current = reading.get();
    current.subscription().handsOut(poll.getAsLong());
    boolean enough;
    try {
      enough = current.records().moveTo(records, config.maxPollRecords());
    } catch (MillraceException e) {
      advance(current);
      finish(current);
      onDefect.accept(current.subscription(), e);
      return false;
    }
    advance(current);
    if (!enough) {
      finish(current);
    }
    return enough;
  }

  private static void advance(Reading current) {
    BatchDecoder records = current.records();
    current.subscription().advanceTo(records.position(), records.positionEpoch());
  }

  /** Stops reading this subscription's message, if it is one, to begin with it again later. */
  Optional<FetchEvent.Data> takeBack(Subscription subscription) {
    Optional<Reading> own = reading.filter(r -> r.subscription() == subscription);
    if (own.isEmpty()) {
      return Optional.empty();
    }
    reading = Optional.empty();
    counters.bytes.addAndGet(-own.get().event().message().recordBytes());
    return Optional.of(own.get().event());
  }

  /** Drops what is left of the message if it is this subscription's. */
  void drop(Subscription subscription) {
    reading.filter(r -> r.subscription() == subscription).ifPresent(this::finish);
  }

  /** The consumer is closed: what is left of the message is let go with its stream. */
  void clear() {
    reading = Optional.empty();
  }

  private void finish(Reading current) {
    current.event().done();
    reading = Optional.empty();
  }
}
