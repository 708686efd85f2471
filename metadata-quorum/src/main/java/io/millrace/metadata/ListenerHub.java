package io.millrace.metadata;

import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import java.util.ArrayList;
import java.util.List;

/** Tells listeners of images, in order. Confined to its mailbox. */
public final class ListenerHub {
  private final Mailbox mailbox;
  private final List<MetadataListener> listeners = new ArrayList<>();

  /** What the listeners were told last. */
  private MetadataImage told = MetadataImage.EMPTY;

  public ListenerHub(Mailbox mailbox) {
    this.mailbox = mailbox;
  }

  /** Adds a listener; any thread. */
  public void subscribe(MetadataListener listener) {
    mailbox.execute(
        () -> {
          listeners.add(listener);
          listener.onImage(told, MetadataDelta.between(MetadataImage.EMPTY, told));
        });
  }

  /** Tells of an image; any thread, in the order of the revisions. */
  public void publish(MetadataImage image, MetadataDelta delta) {
    mailbox.execute(() -> tell(image, delta));
  }

  private void tell(MetadataImage image, MetadataDelta delta) {
    MetadataDelta since =
        delta.fromRevision() == told.revision() ? delta : MetadataDelta.between(told, image);
    told = image;
    listeners.forEach(listener -> listener.onImage(image, since));
  }
}
