package io.millrace.client.internal;

import io.millrace.client.api.OffsetSpec;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import java.util.Optional;

/**
 * One partition of a consumer. Confined to the consumer's thread.
 *
 * <p>It goes through: start not known → known, not on a stream → on a stream; a lost stream or a
 * retriable error takes it back a step, another error stops it until it is moved. At each of the
 * first two steps there is a time while a question is out: for the start, then for the leader.
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

  /** Whether a question about it is out. */
  private boolean asking;

  /** How often it was moved: tells an answer that came too late. */
  private int moves;

  /** What keeps it from being read; empty when the broker serves it, and before the first try. */
  private Optional<MillraceException> trouble = Optional.empty();

  private Optional<MillraceException> failure = Optional.empty();

  /** What the application is to be told once although it is tried again. */
  private Optional<MillraceException> report = Optional.empty();

  Subscription(TopicPartition partition, OffsetSpec start, Backoff backoff) {
    this.partition = partition;
    this.backoff = backoff;
    this.start = Optional.of(start);
    startAtKnownOffset(start);
  }

  /** An offset needs no look-up. */
  private void startAtKnownOffset(OffsetSpec place) {
    if (place instanceof OffsetSpec.AtOffset at) {
      startsAt(at.offset());
    }
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

  int moves() {
    return moves;
  }

  /** Whether its start is to be asked for. */
  boolean needsStart() {
    return start.isPresent() && !asking && failure.isEmpty();
  }

  /** Whether the question that is out is for its leader. */
  boolean asksForLeader() {
    return asking && start.isEmpty();
  }

  /** A question about it goes out. */
  void asks() {
    asking = true;
  }

  /** The question was answered. */
  void answered() {
    asking = false;
  }

  Optional<FetchConnection> connection() {
    return connection;
  }

  long id() {
    return id;
  }

  /** Whether it may be put on a stream now. */
  boolean waitsForStream(long nowMs) {
    return failure.isEmpty()
        && start.isEmpty()
        && connection.isEmpty()
        && !asking
        && nowMs >= notBeforeMs;
  }

  /** When {@link #waitsForStream} may turn true by time alone; {@code Long.MAX_VALUE} for never. */
  long retryAtMs() {
    return failure.isEmpty() && connection.isEmpty() && !asking ? notBeforeMs : Long.MAX_VALUE;
  }

  void moveTo(OffsetSpec place) {
    leaveStream();
    failure = Optional.empty();
    report = Optional.empty();
    notBeforeMs = Long.MIN_VALUE;
    asking = false;
    moves++;
    start = Optional.of(place);
    startAtKnownOffset(place);
  }

  void startsAt(long offset) {
    asking = false;
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
  void lost(long nowMs, MillraceException why) {
    connection = Optional.empty();
    trouble = Optional.of(why);
    notBeforeMs = nowMs + backoff.nextMs();
    troubledSinceMs = Math.min(troubledSinceMs, nowMs);
  }

  Optional<MillraceException> trouble() {
    return trouble;
  }

  /** How long it has been in trouble, in milliseconds; 0 when it is not. */
  long troubledMs(long nowMs) {
    return Math.max(0, nowMs - troubledSinceMs);
  }

  /** The broker serves it. */
  void healthy() {
    backoff.reset();
    troubledSinceMs = Long.MAX_VALUE;
    trouble = Optional.empty();
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
