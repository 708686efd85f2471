package io.millrace.metadata.image;

/**
 * A record that this version can't replay: of an unknown kind or version, or one that contradicts
 * the image. The node must stop: whatever it did next would differ from what other nodes do.
 */
public final class InvalidRecordException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public InvalidRecordException(String message) {
    super(message);
  }

  public InvalidRecordException(String message, Throwable cause) {
    super(message, cause);
  }
}
