package io.millrace.broker.rpc.wire;

import io.millrace.broker.replica.link.ReplicaRecords;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Batches on their way to a follower.
 *
 * @param records the bytes; not to be written to before the release
 * @param memory what they lie in, if that is to be given back
 */
public record OutgoingBatches(ByteBuffer records, Optional<OutgoingRecords> memory)
    implements ReplicaRecords {
  @Override
  public int bytes() {
    return records.remaining();
  }

  /** They have been sent, or never will be. By the thread that sends; more than once is fine. */
  public void release() {
    memory.ifPresent(OutgoingRecords::release);
  }
}
