package io.millrace.metadata.image;

/** The bytes of a snapshot are not what was written: the message says where they first differ. */
public final class CorruptSnapshotException extends Exception {
  private static final long serialVersionUID = 1L;

  public CorruptSnapshotException(String message) {
    super(message);
  }
}
