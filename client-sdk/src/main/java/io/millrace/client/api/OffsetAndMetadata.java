package io.millrace.client.api;

import java.util.OptionalInt;

/**
 * A committed place in a partition.
 *
 * @param offset the next record to be read, from 0
 * @param leaderEpoch the leader epoch of the record before it, if known: lets a consumer that goes
 *     on there find out that the log was cut (KIP-320)
 * @param metadata anything that is to be found again with it; at most 4096 bytes of UTF-8, unless
 *     the brokers' {@code offset.metadata.max.bytes} says otherwise
 */
public record OffsetAndMetadata(long offset, OptionalInt leaderEpoch, String metadata) {
  public OffsetAndMetadata {
    ConfigChecks.atLeast("offset", offset, 0);
  }

  /** A place without leader epoch and metadata. */
  public static OffsetAndMetadata of(long offset) {
    return new OffsetAndMetadata(offset, OptionalInt.empty(), "");
  }
}
