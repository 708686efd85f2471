package io.millrace.common.producer;

import io.millrace.common.MillraceError;
import java.util.List;

/**
 * What a {@link ProducerSession} asks of its owner. Called from within the session's events, in the
 * order in which things must happen; must not call the session back before the event returns.
 *
 * @param <B> the owner's own batch
 */
public interface ProducerEffects<B> {
  /**
   * Sends a batch as the stream's next frame. Its records are the same at every repeat; only the
   * sequence may differ from the last time (after a new identity or a batch given up).
   *
   * @param streamEpoch the stream, as named in {@link ProducerSession#streamOpened}
   * @param sendId names this frame in {@link ProducerSession#answered}; never used twice by a
   *     session
   */
  void sendFrame(long streamEpoch, long sendId, B batch, BatchSequence sequence);

  /**
   * Sends ResumePartition, before the next frame.
   *
   * @param nextSequence the base sequence of that frame, or -1 for a producer without identity
   */
  void resume(long streamEpoch, int nextSequence);

  /**
   * Cuts a batch that the broker finds too large into smaller ones, which take its place and its
   * sequences: the same records in the same order. If there are parts, the batch itself gets no
   * outcome. The default does not cut.
   *
   * @param error the broker's refusal
   * @return at least two parts, or none if the batch can't be cut: then it fails
   */
  default List<BatchPart<B>> split(B batch, MillraceError error) {
    return List.of();
  }

  /** Tells what became of a batch, once. */
  void complete(B batch, BatchOutcome outcome);

  /**
   * Reports that a batch which was completed as unacknowledged (acks=0) was refused.
   *
   * @param sendId its frame
   */
  void refusedUnacknowledged(long sendId, MillraceError error);

  /**
   * Asks for {@link ProducerSession#tick} at a time. Replaces the time asked for before; a tick too
   * many does no harm.
   */
  void setTimer(long atMs);

  /** Gives a stream up that does not answer: the owner closes it and opens another. */
  void abandonStream(long streamEpoch);

  /**
   * Asks for {@link ProducerSession#identityGranted} with a higher epoch of the same producer id
   * (KIP-360). Nothing is sent until then.
   *
   * @param reason what made it necessary
   */
  void needIdentity(MillraceError reason);

  /** Tells that the session has ended; every batch offered has been completed, later ones fail. */
  void ended(MillraceError error);
}
