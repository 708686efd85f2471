package io.millrace.metadata.controller;

import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.MetadataReplay;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.util.List;

/** What an image will be. */
final class Replays {
  private Replays() {}

  /** An image with records replayed, still at its revision. */
  static MetadataImage after(MetadataImage image, List<MetadataRecord> records) {
    if (records.isEmpty()) {
      return image;
    }
    MetadataReplay replay = new MetadataReplay(image);
    records.forEach(replay::replay);
    return replay.image();
  }
}
