package io.millrace.metadata;

import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The replicated log of metadata entries, as a controller needs it: at most one node leads it in
 * one epoch, and what is committed is applied to the image on every node in the same order.
 * Thread-safe.
 */
public interface MetadataLog extends AutoCloseable {
  /** What became of an entry. */
  enum Outcome {
    /** It is committed and the image has it. */
    APPLIED,
    /** It is committed, and void: it was computed for another epoch or revision. */
    VOID,
    /** It may or may not be committed, now or later. */
    UNKNOWN
  }

  /**
   * Told what the log does, in order, never by two threads at once. Must not block: while it runs,
   * the log does not move.
   */
  interface Listener {
    /** An entry took effect, or a snapshot was installed: the image is another one. */
    void onImage(MetadataImage image, MetadataDelta delta);

    /** The entry that led to the image just told of; not told where a snapshot did. */
    default void onEntry(MetadataImage image, MetadataEntry entry) {}

    /**
     * This node leads in the epoch; its image has everything from the epochs before. Whoever leads
     * may be told of again while nothing has changed, here and below.
     */
    void onLeading(long epoch);

    /** This node leads no more. */
    void onNotLeading();

    /** Another node leads. */
    void onOtherLeading(int nodeId);
  }

  /**
   * Reads what is stored and takes part.
   *
   * @throws MetadataStorageException if the stored log can't be used; says what to do
   */
  void start(Listener listener);

  /**
   * Appends an entry, if this node leads. One entry at a time: the next one only after this one's
   * outcome.
   *
   * @param outcome told what became of it, once, on any thread; perhaps never. On {@link
   *     Outcome#APPLIED} the image has the entry already.
   */
  void append(MetadataEntry entry, Consumer<Outcome> outcome);

  /** Gives the leadership up, if this node leads in the epoch: it can't tell what is committed. */
  void resign(long epoch);

  /** The image with everything that took effect here. */
  MetadataImage image();

  /** Whether the log failed here for good, and how; empty while it works. */
  Optional<String> failure();

  @Override
  void close();
}
