package io.millrace.metadata;

import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;

/** Follows the metadata. */
@FunctionalInterface
public interface MetadataListener {
  /**
   * The metadata changed. Called in the order of the revisions, on one thread for all listeners;
   * the first call brings everything there is as a change from {@link MetadataImage#EMPTY}.
   * Revisions may be passed over; the delta then spans them.
   *
   * @param image the new image
   * @param delta what changed since the last call
   */
  void onImage(MetadataImage image, MetadataDelta delta);
}
