package io.millrace.client.internal;

import com.google.protobuf.ByteString;
import io.millrace.proto.v1.EpochEndOffset;
import io.millrace.proto.v1.Error;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A message of a fetch stream as it came in.
 *
 * @param subscriptionId the subscription that it belongs to, unsigned
 * @param standing where the partition stands, or what is wrong with it
 * @param records whole batches, in an array of the heap; may lie in lent memory, which is not to be
 *     touched after the release
 * @param release gives the memory back; may be called more than once, on any thread. Without it the
 *     memory is freed as any other
 */
record FetchMessage(long subscriptionId, Standing standing, ByteBuffer records, Runnable release) {

  /**
   * What a message says besides its records.
   *
   * @param topicId as it was sent
   * @param partition its number
   * @param highWatermark the offset below which records are committed, or -1
   * @param preferredReadReplica the node id of a better replica, which ends the subscription, or 0
   * @param divergingEpoch where the log that was read parts from the broker's, which ends the
   *     subscription; absent if it does not
   * @param error absent when the partition can be read
   */
  record Standing(
      ByteString topicId,
      int partition,
      long highWatermark,
      int preferredReadReplica,
      Optional<EpochEndOffset> divergingEpoch,
      Optional<Error> error) {}

  /** How many bytes of records there are: what the message takes from the credits. */
  int recordBytes() {
    return records.remaining();
  }
}
