package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import java.util.List;

/** How brokers and the controller know of each other that they live. */
public final class SessionSettings {
  public static final ConfigKey<Long> SESSION_TIMEOUT_MS =
      ConfigKey.of(
              "broker.session.timeout.ms",
              ConfigTypes.DURATION,
              3_000L,
              "After this time without a word from a broker the controller takes it for lost, and"
                  + " others lead in its place. Set it on every node whose controller may become"
                  + " active. A process that has ended is found out sooner, by its listener.")
          .between(500, 3_600_000);
  public static final ConfigKey<Long> HEARTBEAT_INTERVAL_MS =
      ConfigKey.of(
              "broker.heartbeat.interval.ms",
              ConfigTypes.DURATION,
              500L,
              "How often the broker tells the controller that it lives; a small part of"
                  + " `broker.session.timeout.ms`.")
          .between(50, 600_000);

  static final Section SECTION =
      new Section("Sessions of brokers", List.of(SESSION_TIMEOUT_MS, HEARTBEAT_INTERVAL_MS));

  private SessionSettings() {}
}
