package io.millrace.broker.log;

import io.millrace.common.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says whether the wall clock may decide what is too old (S27). It may not while it has moved more
 * than ten minutes against the monotonic clock since the start, or disagreed with the controller's
 * by as much: a wrong clock would delete what is young. One for a node, any thread; guarded by its
 * monitor.
 */
public final class TimeGuard {
  /** How far the clocks may diverge, in milliseconds. */
  public static final long MAX_DIVERGENCE_MS = 10 * 60 * 1000;

  private static final Logger LOG = LoggerFactory.getLogger(TimeGuard.class);

  private final Clock clock;
  private long wallAtReferenceMs;
  private long monotonicAtReferenceMs;
  private long controllerDivergenceMs;
  private boolean trusted = true;

  /** Takes the clocks as they are now for right. */
  public TimeGuard(Clock clock) {
    this.clock = clock;
    this.wallAtReferenceMs = clock.wallMs();
    this.monotonicAtReferenceMs = clock.monotonicMs();
  }

  /** Notes what the controller's wall clock says now. */
  public synchronized void controllerSays(long controllerWallMs) {
    controllerDivergenceMs = clock.wallMs() - controllerWallMs;
    isTrusted();
  }

  /** Takes the clocks as they are now for right: an operator has looked. */
  public synchronized void accept() {
    wallAtReferenceMs = clock.wallMs();
    monotonicAtReferenceMs = clock.monotonicMs();
    controllerDivergenceMs = 0;
    isTrusted();
  }

  /** How far the wall clock is ahead of where it should be, in milliseconds; may be negative. */
  public synchronized long divergenceMs() {
    long wall = clock.wallMs() - wallAtReferenceMs;
    long monotonic = clock.monotonicMs() - monotonicAtReferenceMs;
    long moved = wall - monotonic;
    return Math.abs(moved) >= Math.abs(controllerDivergenceMs) ? moved : controllerDivergenceMs;
  }

  /** Whether the wall clock may decide. The change from one to the other is logged. */
  public synchronized boolean isTrusted() {
    long divergenceMs = divergenceMs();
    boolean now = Math.abs(divergenceMs) <= MAX_DIVERGENCE_MS;
    if (trusted && !now) {
      LOG.error(
          "the wall clock is {} ms off (expected: at most {}): retention by time is paused",
          divergenceMs,
          MAX_DIVERGENCE_MS);
    } else if (!trusted && now) {
      LOG.info("the wall clock is right again: retention by time goes on");
    }
    trusted = now;
    return now;
  }
}
