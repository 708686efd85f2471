package io.millrace.broker.rpc.wire;

import io.millrace.proto.v1.FetchStreamResponse;
import io.millrace.proto.v1.PartitionData;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A {@link FetchStreamResponse} whose records are buffers.
 *
 * @param subscriptionId the subscription it belongs to, unsigned
 * @param head the data without its records
 * @param records the bytes of the records field, one buffer after the other; not to be written to
 *     before the release
 * @param release called when the records have been written out or the frame is dropped; may be
 *     called more than once, on any thread
 */
public record FetchFrame(
    long subscriptionId, PartitionData head, List<ByteBuffer> records, Runnable release) {
  /** A frame without records. */
  public static FetchFrame of(long subscriptionId, PartitionData head) {
    return new FetchFrame(subscriptionId, head, List.of(), () -> {});
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
