package io.millrace.broker.rpc.wire;

import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.PartitionData;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * A {@link FetchStreamResponse} whose records are buffers.
 *
 * @param subscriptionId the subscription it belongs to, unsigned
 * @param head the data without its records
 * @param records the bytes of the records field, one buffer after the other; not to be written to
 *     before the release
 * @param memory what the records lie in, if that is to be given back
 */
public record FetchFrame(
    long subscriptionId,
    PartitionData head,
    List<ByteBuffer> records,
    Optional<OutgoingRecords> memory) {
  /** A frame without records. */
  public static FetchFrame of(long subscriptionId, PartitionData head) {
    return new FetchFrame(subscriptionId, head, List.of(), Optional.empty());
  }

  /**
   * The frame has been sent, or never will be. By the thread that sends; more than once is fine.
   */
  public void release() {
    memory.ifPresent(OutgoingRecords::release);
  }

  /** The bytes of records. */
  public int recordBytes() {
    int bytes = 0;
    for (ByteBuffer part : records) {
      bytes += part.remaining();
    }
    return bytes;
  }
}
