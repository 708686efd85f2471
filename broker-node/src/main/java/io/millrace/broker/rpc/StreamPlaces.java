package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The places of streams that each take some memory of the server, however little they do: over the
 * bound a stream is refused. Thread-safe.
 */
final class StreamPlaces {
  private final String setting;
  private final int most;

  /** In [0, most]. */
  private final AtomicInteger taken = new AtomicInteger();

  /**
   * Makes the places.
   *
   * @param setting where the bound comes from
   */
  StreamPlaces(String setting, int most) {
    this.setting = setting;
    this.most = most;
  }

  /**
   * Takes a place, to be given back by {@link #leave}.
   *
   * @throws io.millrace.common.MillraceException with THROTTLED if there is none
   */
  void enter() {
    if (taken.getAndUpdate(now -> Math.min(most, now + 1)) == most) {
      throw new MillraceError(
              ErrorCode.THROTTLED,
              "streams of this kind on this server: "
                  + most
                  + " (expected: fewer, "
                  + setting
                  + ")",
              Map.of(setting, Integer.toString(most)))
          .exception();
    }
  }

  void leave() {
    if (taken.decrementAndGet() < 0) {
      throw new IllegalStateException("a stream left twice");
    }
  }
}
