package io.millrace.metadata.image;

import io.millrace.metadata.image.MetadataImage.ControllerImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.util.Optional;

/**
 * The image as the metadata log makes it: every node applies the same entries in the same order and
 * has the same image. Written by the log's one applying thread; {@link #image} from any thread.
 */
public final class ReplicatedImage {
  private volatile MetadataImage image;

  public ReplicatedImage(MetadataImage image) {
    this.image = image;
  }

  /** The image after the last entry that took effect. */
  public MetadataImage image() {
    return image;
  }

  /** Replaces the image with one from a snapshot. */
  public void install(MetadataImage snapshot) {
    image = snapshot;
  }

  /**
   * Applies a committed entry, if it still holds: the epoch in which the log accepted it is the one
   * it was computed in, and the image is at the revision it was computed from. Every node refuses
   * the same entries, so a deposed controller's late entry changes nothing anywhere.
   *
   * @param epochInLog the epoch in which the log accepted the entry
   * @return what changed; empty when the entry is void
   * @throws InvalidRecordException if the entry can't be replayed; the image stays as it was
   */
  public Optional<MetadataDelta> apply(long epochInLog, MetadataEntry entry) {
    MetadataImage before = image;
    if (entry.getControllerEpoch() != epochInLog
        || entry.getExpectedRevision() != before.revision()) {
      return Optional.empty();
    }
    MetadataReplay replay = new MetadataReplay(before);
    for (MetadataRecord record : entry.getRecordsList()) {
      replay.replay(record);
    }
    int controllerId = replay.image().controller().nodeId();
    image = replay.finish(before.revision() + 1, new ControllerImage(controllerId, epochInLog));
    return Optional.of(replay.delta());
  }
}
