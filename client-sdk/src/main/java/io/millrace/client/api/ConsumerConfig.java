package io.millrace.client.api;

import java.time.Duration;
import java.util.Optional;

/**
 * How a consumer reads.
 *
 * @param creditBytes the most bytes of records that a broker may send ahead of the application; the
 *     bound of this consumer's memory, for each broker (one larger batch is sent all the same)
 * @param maxFetchBytes the most bytes of records in one message
 * @param maxPollRecords the most records that one poll returns
 * @param maxDecompressedBytes the most bytes that one batch may unpack to
 * @param checkCrcs whether the checksum of every batch is compared with its bytes before its
 *     records are returned; without it a bit that flipped on the way goes unnoticed, for less
 *     processor time
 * @param offsetReset what to do when the group has committed no offset for a partition, when the
 *     position is below the log's start or above its end, or when the topic was deleted and created
 *     again: then the position means nothing any more. Where records that were read are lost with
 *     their leader (an unclean election), NONE throws, and the others go on where the logs part
 * @param rack the rack or zone that this consumer stands in, as the brokers' {@code rack} names it:
 *     partitions are read from an in-sync replica there, where there is one, and else from their
 *     leaders (KIP-392). A replica in the rack that is lost or falls out of sync is left for the
 *     leader at once, one that falls silent 2 to 3 s later. Empty to read from leaders only. Kafka
 *     calls it {@code client.rack}
 * @param readReplicaMaxAge how long a partition is read from a replica that does not lead before
 *     its leader is asked again for the best one; at least 1 ms. Kafka uses {@code
 *     metadata.max.age.ms} for it
 * @param group the group that it takes part in, or whose offsets it commits; empty for none
 */
public record ConsumerConfig(
    int creditBytes,
    int maxFetchBytes,
    int maxPollRecords,
    int maxDecompressedBytes,
    boolean checkCrcs,
    OffsetReset offsetReset,
    String rack,
    Duration readReplicaMaxAge,
    Optional<GroupConfig> group) {
  public ConsumerConfig {
    ConfigChecks.atLeast("creditBytes", creditBytes, 1);
    ConfigChecks.atLeast("maxFetchBytes", maxFetchBytes, 1);
    ConfigChecks.atLeast("maxPollRecords", maxPollRecords, 1);
    ConfigChecks.atLeast("maxDecompressedBytes", maxDecompressedBytes, 1);
    ConfigChecks.positive("readReplicaMaxAge", readReplicaMaxAge);
    readReplicaMaxAge = ConfigChecks.bounded(readReplicaMaxAge);
  }

  /**
   * 16 MiB of credits, messages of 512 KiB, 1,000 records a poll, 128 MiB unpacked, CRCs checked,
   * no group and no reset (with a group LATEST), no rack, leaders asked again after 5 minutes.
   */
  public static ConsumerConfig defaults() {
    return builder().build();
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects the settings; confined to one thread. */
  public static final class Builder {
    private int creditBytes = 16 << 20;
    private int maxFetchBytes = 512 << 10;
    private int maxPollRecords = 1_000;
    private int maxDecompressedBytes = 128 << 20;
    private boolean checkCrcs = true;
    private Optional<OffsetReset> offsetReset = Optional.empty();
    private String rack = "";
    private Duration readReplicaMaxAge = Duration.ofMinutes(5);
    private Optional<GroupConfig> group = Optional.empty();

    private Builder() {}

    /** See {@link ConsumerConfig#creditBytes()}. */
    public Builder creditBytes(int bytes) {
      this.creditBytes = bytes;
      return this;
    }

    /** See {@link ConsumerConfig#maxFetchBytes()}. */
    public Builder maxFetchBytes(int bytes) {
      this.maxFetchBytes = bytes;
      return this;
    }

    /** See {@link ConsumerConfig#maxPollRecords()}. */
    public Builder maxPollRecords(int records) {
      this.maxPollRecords = records;
      return this;
    }

    /** See {@link ConsumerConfig#maxDecompressedBytes()}. */
    public Builder maxDecompressedBytes(int bytes) {
      this.maxDecompressedBytes = bytes;
      return this;
    }

    /** See {@link ConsumerConfig#checkCrcs()}. */
    public Builder checkCrcs(boolean check) {
      this.checkCrcs = check;
      return this;
    }

    /** See {@link ConsumerConfig#offsetReset()}. */
    public Builder offsetReset(OffsetReset reset) {
      this.offsetReset = Optional.of(reset);
      return this;
    }

    /** See {@link ConsumerConfig#rack()}. */
    public Builder rack(String name) {
      this.rack = name;
      return this;
    }

    /** See {@link ConsumerConfig#readReplicaMaxAge()}. */
    public Builder readReplicaMaxAge(Duration age) {
      this.readReplicaMaxAge = age;
      return this;
    }

    /** See {@link ConsumerConfig#group()}. */
    public Builder group(GroupConfig config) {
      this.group = Optional.of(config);
      return this;
    }

    /** A group with the defaults: see {@link GroupConfig#of}. */
    public Builder group(String groupId) {
      return group(GroupConfig.of(groupId));
    }

    /**
     * The settings as a value.
     *
     * @throws IllegalArgumentException if one of them is out of bounds
     */
    public ConsumerConfig build() {
      return new ConsumerConfig(
          creditBytes,
          maxFetchBytes,
          maxPollRecords,
          maxDecompressedBytes,
          checkCrcs,
          offsetReset.orElse(group.isPresent() ? OffsetReset.LATEST : OffsetReset.NONE),
          rack,
          readReplicaMaxAge,
          group);
    }
  }
}
