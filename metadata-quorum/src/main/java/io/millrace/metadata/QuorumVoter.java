package io.millrace.metadata;

import java.util.UUID;

/**
 * A voter of the metadata quorum. Immutable.
 *
 * @param directoryId the id of the data directory that holds its metadata: a node whose directory
 *     was lost comes back as another voter
 * @param address which node it is and where it is reached
 */
public record QuorumVoter(UUID directoryId, VoterAddress address) {
  private static final char SEPARATOR = '=';

  /**
   * Reads what {@link #toString} writes.
   *
   * @throws IllegalArgumentException if it is not that
   */
  public static QuorumVoter parse(String text) {
    int separator = text.indexOf(SEPARATOR);
    if (separator < 0) {
      throw new IllegalArgumentException(text + " (expected: DIRECTORY-ID=ADDRESS)");
    }
    return new QuorumVoter(
        UUID.fromString(text.substring(0, separator)),
        VoterAddress.parse(text.substring(separator + 1)));
  }

  /** The node's id. */
  public int nodeId() {
    return address.nodeId();
  }

  @Override
  public String toString() {
    return "" + directoryId + SEPARATOR + address;
  }
}
