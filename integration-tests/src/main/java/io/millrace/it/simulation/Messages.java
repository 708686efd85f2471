package io.millrace.it.simulation;

import io.millrace.common.Acks;
import io.millrace.common.MillraceError;
import io.millrace.common.producer.BatchSequence;
import io.millrace.common.producer.FrameResult;
import java.nio.ByteBuffer;
import java.util.Optional;

/** What goes over the simulated network. */
final class Messages {
  private Messages() {}

  /** From a client to a node. */
  sealed interface Request {
    /** The partition it is about. */
    int partition();
  }

  /**
   * One batch on a stream.
   *
   * @param copy a frame that somebody doubled: the same frame once more
   */
  record Frame(
      int partition,
      long sendId,
      SimulatedBatch batch,
      BatchSequence sequence,
      Acks acks,
      boolean copy)
      implements Request {}

  /** Goes on with a partition after a failed frame. */
  record Resume(int partition, int nextSequence) implements Request {}

  /** Asks for records. */
  record Fetch(int partition, long offset, int maxBytes) implements Request {}

  /** Asks for records to be deleted. */
  record DeleteRecords(int partition, long beforeOffset) implements Request {}

  /** The answer to a frame. */
  record Produced(Frame frame, FrameResult result) {}

  /** The answer to a fetch: records, or the error. */
  record Fetched(
      Fetch fetch,
      Optional<MillraceError> error,
      long logStart,
      long nextOffset,
      ByteBuffer records) {
    @Override
    public String toString() {
      String failure = error.map(e -> ", " + e).orElse("");
      return fetch + " gets " + records.remaining() + " bytes, next " + nextOffset + failure;
    }
  }

  /** The answer to a deletion. */
  record Deleted(DeleteRecords request, Optional<MillraceError> error) {}
}
