package io.millrace.broker.group.core;

/** A record of the offsets topic that this version can't understand, or that can't be true. */
final class InvalidGroupRecordException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InvalidGroupRecordException(String message) {
    super(message);
  }
}
