package io.millrace.broker.log;

import io.millrace.common.time.Clock;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says whether the wall clock may decide what is too old (S27). It may not once it has moved more
 * than ten minutes against the monotonic clock: a wrong clock would delete what is young. A clock
 * that was put right moves like that too, so what it shows is accepted after it has run evenly for
 * a day, time for somebody to see the alarm.
 *
 * <p>It remembers nothing over a restart: the clock as it is then is accepted, right or wrong. One
 * for a node, any thread; guarded by its monitor.
 */
public final class TimeGuard {
  /** How far the clocks may diverge, in milliseconds. */
  public static final long MAX_DIVERGENCE_MS = 10 * 60 * 1000;

  /** How long a clock that has moved must run evenly to be accepted, in milliseconds. */
  public static final long SETTLING_MS = 24 * 60 * 60 * 1000;

  private static final Logger LOG = LoggerFactory.getLogger(TimeGuard.class);

  private final Clock clock;

  /** The wall clock's lead over the monotonic one while it was believed last. */
  private long trustedLeadMs;

  /** The lead that is not believed yet; empty while the clock is trusted. */
  private OptionalLong newLeadMs = OptionalLong.empty();

  /** When the new lead was first seen, on the monotonic clock. */
  private long newSinceMs;

  /** Takes the clocks as they are now for right. */
  public TimeGuard(Clock clock) {
    this.clock = clock;
    this.trustedLeadMs = leadMs();
  }

  private long leadMs() {
    return clock.wallMs() - clock.monotonicMs();
  }

  /**
   * Whether the wall clock may decide. Looks at the clocks: what moved and came back between two
   * calls was not seen. The change from one to the other is logged.
   */
  public synchronized boolean isTrusted() {
    long leadMs = leadMs();
    if (areNear(leadMs, trustedLeadMs)) {
      backToTrust("is right again");
    } else if (newLeadMs.isEmpty() || !areNear(leadMs, newLeadMs.getAsLong())) {
      newLeadMs = OptionalLong.of(leadMs);
      newSinceMs = clock.monotonicMs();
      LOG.error(
          "the wall clock has moved by {} s (expected: at most {}): retention by time is paused"
              + " until it is put back, or has run evenly for {} hours",
          (leadMs - trustedLeadMs) / 1000,
          MAX_DIVERGENCE_MS / 1000,
          SETTLING_MS / 3_600_000);
    } else if (clock.monotonicMs() - newSinceMs >= SETTLING_MS) {
      trustedLeadMs = leadMs;
      backToTrust("has run evenly since it was moved and is believed");
    }
    return newLeadMs.isEmpty();
  }

  private void backToTrust(String why) {
    if (newLeadMs.isPresent()) {
      LOG.info("the wall clock {}: retention by time goes on", why);
      newLeadMs = OptionalLong.empty();
    }
  }

  private static boolean areNear(long someMs, long otherMs) {
    return Math.abs(someMs - otherMs) <= MAX_DIVERGENCE_MS;
  }
}
