package io.millrace.client.internal;

import io.millrace.client.api.OffsetSpec;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.Optional;

/**
 * One partition of a consumer. Confined to the consumer's thread.
 *
 * <p>It goes through: start not known → known, not on a stream → on a stream; a lost stream or a
 * retriable error takes it back a step, another error stops it until it is moved.
 */
final class Subscription {
  private final TopicPartition partition;
  private final Backoff backoff;

  /** Where to start; empty once {@link #position} is known. */
  private Optional<OffsetSpec> start;

  /** The offset of the next record for the application; >= 0 once known. */
  private long position = -1;

  private Optional<FetchConnection> connection = Optional.empty();
  private long id;
  private long notBeforeMs = Long.MIN_VALUE;

  /** Since when nothing could be read, as opposed to nothing being there. */
  private long troubledSinceMs = Long.MAX_VALUE;

  private Optional<MillraceException> failure = Optional.empty();

  /** What the application is to be told once although it is tried again. */
  private Optional<MillraceException> report = Optional.empty();

  Subscription(TopicPartition partition, OffsetSpec start, Backoff backoff) {
    this.partition = partition;
    this.start = Optional.of(start);
    this.backoff = backoff;
  }

  TopicPartition partition() {
    return partition;
  }

  Optional<OffsetSpec> start() {
    return start;
  }

  long position() {
    if (start.isPresent()) {
      throw new IllegalStateException("the start of " + partition + " is not known yet");
    }
    return position;
  }

  Optional<FetchConnection> connection() {
    return connection;
  }

  long id() {
    return id;
  }

  /** Whether it may be put on a stream now. */
  boolean waitsForStream(long nowMs) {
    return failure.isEmpty() && start.isEmpty() && connection.isEmpty() && nowMs >= notBeforeMs;
  }

  /** When {@link #waitsForStream} may turn true by time alone; {@code Long.MAX_VALUE} for never. */
  long retryAtMs() {
    return failure.isEmpty() && connection.isEmpty() ? notBeforeMs : Long.MAX_VALUE;
  }

  void moveTo(OffsetSpec place) {
    leaveStream();
    failure = Optional.empty();
    report = Optional.empty();
    notBeforeMs = Long.MIN_VALUE;
    start = Optional.of(place);
  }

  void startsAt(long offset) {
    start = Optional.empty();
    position = offset;
  }

  void joined(FetchConnection stream, long subscriptionId) {
    connection = Optional.of(stream);
    id = subscriptionId;
  }

  void leaveStream() {
    connection.ifPresent(stream -> stream.unsubscribe(id));
    connection = Optional.empty();
  }

  /** The stream or the subscription is gone; to be tried again after a pause. */
  void lost(long nowMs) {
    connection = Optional.empty();
    notBeforeMs = nowMs + backoff.nextMs();
    troubledSinceMs = Math.min(troubledSinceMs, nowMs);
  }

  /** How long it has been in trouble, in milliseconds; 0 when it is not. */
  long troubledMs(long nowMs) {
    return Math.max(0, nowMs - troubledSinceMs);
  }

  /** The broker serves it. */
  void healthy() {
    backoff.reset();
    troubledSinceMs = Long.MAX_VALUE;
    report = Optional.empty();
  }

  /** The trouble is to be reported; the next report is due after another full time-out. */
  void report(MillraceException e, long nowMs) {
    report = Optional.of(e);
    troubledSinceMs = nowMs;
  }

  Optional<MillraceException> report() {
    return report;
  }

  void reported(MillraceException e) {
    report = report.filter(other -> other != e);
  }

  void fail(MillraceException e) {
    connection = Optional.empty();
    failure = Optional.of(e);
  }

  Optional<MillraceException> failure() {
    return failure;
  }

  /** The application was given everything below this offset. */
  void advanceTo(long offset) {
    if (offset < position) {
      throw new IllegalStateException("position: " + offset + " (expected: >= " + position + ")");
    }
    position = offset;
  }
}
