package io.millrace.broker.replica;

import io.millrace.broker.replica.link.ReplicaRecords;
import java.nio.ByteBuffer;

/**
 * Batches as they came from the leader, not looked at.
 *
 * @param batches from the buffer's position to its limit
 * @param release called when nobody touches the bytes any more; any thread, only the first call
 *     counts. Without it the memory is freed as any other
 */
public record ReceivedRecords(ByteBuffer batches, Runnable release) implements ReplicaRecords {
  @Override
  public int bytes() {
    return batches.remaining();
  }
}
