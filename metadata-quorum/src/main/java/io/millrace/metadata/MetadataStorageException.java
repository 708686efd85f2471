package io.millrace.metadata;

/**
 * The stored metadata can't be used: not formatted, another cluster's, damaged or missing. The
 * message says what was found and what to do.
 */
public final class MetadataStorageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MetadataStorageException(String message) {
    super(message);
  }

  public MetadataStorageException(String message, Throwable cause) {
    super(message, cause);
  }
}
