package io.millrace.broker.rpc;

import io.millrace.common.time.Clock;
import io.millrace.proto.v1.Health;
import io.millrace.proto.v1.WatchHealthResponse;
import java.util.Optional;

/**
 * The frames of one WatchHealth: a new verdict, and the last one again before a silence becomes
 * long. Confined to its stream, but for {@link #newest}.
 */
final class HealthFrames implements PacedStream.Messages<WatchHealthResponse> {
  /** Short of the ten seconds that are promised by what a look may take, and the wait before it. */
  static final long LONGEST_SILENCE_MS = 6_000;

  private final Clock clock;
  private final Runnable stop;

  /** What was found out last; set by whoever finds out. */
  private volatile Optional<Health> newest = Optional.empty();

  private Optional<Health> told = Optional.empty();
  private long toldMs;

  HealthFrames(Clock clock, Runnable stop) {
    this.clock = clock;
    this.stop = stop;
  }

  void found(Health health) {
    newest = Optional.of(health);
  }

  @Override
  public Optional<WatchHealthResponse> next() {
    Optional<Health> now = newest;
    boolean due = told.isEmpty() || clock.monotonicMs() - toldMs >= LONGEST_SILENCE_MS;
    if (now.isEmpty() || (!due && same(now.get(), told.get()))) {
      return Optional.empty();
    }
    told = now;
    toldMs = clock.monotonicMs();
    return now.map(health -> WatchHealthResponse.newBuilder().setHealth(health).build());
  }

  /** A revision alone is no news. */
  private static boolean same(Health one, Health other) {
    return one.toBuilder()
        .clearRevision()
        .build()
        .equals(other.toBuilder().clearRevision().build());
  }

  @Override
  public boolean complete() {
    return false;
  }

  @Override
  public String whereToGoOn() {
    return "";
  }

  @Override
  public void ended() {
    stop.run();
  }
}
