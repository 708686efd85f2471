package io.millrace.broker.server;

import io.millrace.broker.metadata.BrokerSession;
import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.metadata.ControllerUpkeep;
import io.millrace.metadata.controller.BrokerSessions;
import java.util.List;

/** How brokers and the controller know of each other that they live. */
public final class SessionSettings {
  private static final long TICK_MS = 100;
  private static final long FENCE_AGAIN_MS = 2_000;

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

  public static final ConfigKey<Long> REFUSED_GRACE_MS =
      ConfigKey.of(
              "broker.session.refused.grace.ms",
              ConfigTypes.DURATION,
              500L,
              "After this time the controller takes a broker for lost whose connection is closed and"
                  + " whose internal listener refuses another one: its process has ended. What goes"
                  + " beyond `broker.session.timeout.ms` has no effect.")
          .between(0, 3_600_000);
  public static final ConfigKey<Boolean> AUTO_LEADER_REBALANCE_ENABLE =
      ConfigKey.of(
          "auto.leader.rebalance.enable",
          ConfigTypes.BOOLEAN,
          true,
          "Whether the controller gives partitions back to their preferred leaders, the first of"
              + " their replicas, when these are in sync again.");
  public static final ConfigKey<Long> LEADER_IMBALANCE_CHECK_INTERVAL_SECONDS =
      ConfigKey.of(
              "leader.imbalance.check.interval.seconds",
              ConfigTypes.LONG,
              300L,
              "How often it does so.")
          .between(1, 86_400);

  static final Section SECTION =
      new Section(
          "Sessions of brokers",
          List.of(
              SESSION_TIMEOUT_MS,
              HEARTBEAT_INTERVAL_MS,
              REFUSED_GRACE_MS,
              AUTO_LEADER_REBALANCE_ENABLE,
              LEADER_IMBALANCE_CHECK_INTERVAL_SECONDS));

  private SessionSettings() {}

  /** What the controller does by itself, and when. */
  static ControllerUpkeep.Settings upkeep(EffectiveConfig config) {
    boolean balances = config.get(AUTO_LEADER_REBALANCE_ENABLE);
    return new ControllerUpkeep.Settings(
        new BrokerSessions.Settings(
            config.get(SESSION_TIMEOUT_MS), config.get(REFUSED_GRACE_MS), TICK_MS, FENCE_AGAIN_MS),
        ControllerUpkeep.Settings.DEFAULTS.electionIntervalMs(),
        balances ? config.get(LEADER_IMBALANCE_CHECK_INTERVAL_SECONDS) * 1_000 : 0);
  }

  /**
   * How this node's broker keeps its session.
   *
   * @throws StartException if the session would end between two heartbeats
   */
  static BrokerSession.Settings session(EffectiveConfig config) {
    long timeoutMs = config.get(SESSION_TIMEOUT_MS);
    long heartbeatMs = config.get(HEARTBEAT_INTERVAL_MS);
    if (heartbeatMs * 2 > timeoutMs) {
      throw new StartException(
          HEARTBEAT_INTERVAL_MS
              + ": "
              + heartbeatMs
              + " (expected: at most half of "
              + SESSION_TIMEOUT_MS
              + ", which is "
              + timeoutMs
              + ")");
    }
    return new BrokerSession.Settings(config.get(NodeSettings.NODE_ID), heartbeatMs, timeoutMs);
  }
}
