package io.millrace.client.api;

import java.time.Duration;
import java.util.Optional;

/**
 * How a consumer takes part in a group.
 *
 * @param groupId the group: 1 to 249 bytes of UTF-8 without control characters
 * @param instanceId a name that outlives the process (static membership, KIP-345): a consumer that
 *     closes and comes back under it within the session time-out has its partitions again, and
 *     nobody else is given them meanwhile. Empty for none
 * @param assignor who is to get what: {@code uniform} (sticky), {@code range} or {@code
 *     round-robin}; the group uses the one that most members name. Empty for no wish
 * @param sessionTimeout how long this consumer may be silent until its partitions go to others;
 *     empty for what the brokers have ({@code group.session.timeout.ms})
 * @param maxPollInterval the most time between two polls, and to give up partitions: who takes
 *     longer leaves the group until its next poll; 1 s to 1 h
 * @param autoCommitInterval how often the places of processed records are committed; empty to
 *     commit only when told. Processed is what a poll before the present one returned
 */
public record GroupConfig(
    String groupId,
    Optional<String> instanceId,
    Optional<String> assignor,
    Optional<Duration> sessionTimeout,
    Duration maxPollInterval,
    Optional<Duration> autoCommitInterval) {
  public GroupConfig {
    if (groupId.isEmpty()) {
      throw new IllegalArgumentException("groupId is empty (expected: 1 to 249 bytes)");
    }
    if (instanceId.isPresent() && instanceId.get().isEmpty()) {
      throw new IllegalArgumentException("instanceId is empty (expected: a name, or none)");
    }
    sessionTimeout.ifPresent(time -> within("sessionTimeout", time, Duration.ofDays(1)));
    within("maxPollInterval", maxPollInterval, Duration.ofHours(1));
    autoCommitInterval.ifPresent(time -> ConfigChecks.positive("autoCommitInterval", time));
    autoCommitInterval = autoCommitInterval.map(ConfigChecks::bounded);
  }

  private static void within(String name, Duration time, Duration most) {
    ConfigChecks.within(name + " in ms", time.toMillis(), 1, most.toMillis());
  }

  /** The defaults: polls within 5 minutes, processed places committed every 5 s. */
  public static GroupConfig of(String groupId) {
    return builder(groupId).build();
  }

  /** A builder with the defaults. */
  public static Builder builder(String groupId) {
    return new Builder(groupId);
  }

  /** Collects the settings; confined to one thread. */
  public static final class Builder {
    private final String groupId;
    private Optional<String> instanceId = Optional.empty();
    private Optional<String> assignor = Optional.empty();
    private Optional<Duration> sessionTimeout = Optional.empty();
    private Duration maxPollInterval = Duration.ofMinutes(5);
    private Optional<Duration> autoCommitInterval = Optional.of(Duration.ofSeconds(5));

    private Builder(String groupId) {
      this.groupId = groupId;
    }

    /** See {@link GroupConfig#instanceId()}. */
    public Builder instanceId(String name) {
      this.instanceId = Optional.of(name);
      return this;
    }

    /** See {@link GroupConfig#assignor()}. */
    public Builder assignor(String name) {
      this.assignor = Optional.of(name);
      return this;
    }

    /** See {@link GroupConfig#sessionTimeout()}. */
    public Builder sessionTimeout(Duration timeout) {
      this.sessionTimeout = Optional.of(timeout);
      return this;
    }

    /** See {@link GroupConfig#maxPollInterval()}. */
    public Builder maxPollInterval(Duration interval) {
      this.maxPollInterval = interval;
      return this;
    }

    /** See {@link GroupConfig#autoCommitInterval()}. */
    public Builder autoCommitInterval(Duration interval) {
      this.autoCommitInterval = Optional.of(interval);
      return this;
    }

    /** Nothing is committed unless told. */
    public Builder withoutAutoCommit() {
      this.autoCommitInterval = Optional.empty();
      return this;
    }

    /**
     * The settings as a value.
     *
     * @throws IllegalArgumentException if one of them is out of bounds
     */
    public GroupConfig build() {
      return new GroupConfig(
          groupId, instanceId, assignor, sessionTimeout, maxPollInterval, autoCommitInterval);
    }
  }
}
