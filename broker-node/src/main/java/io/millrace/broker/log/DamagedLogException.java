package io.millrace.broker.log;

/**
 * A log can't be opened: records that were durable are damaged or missing, and only a person may
 * give them up. Nothing of it was changed. The message names the file, the place, and what to do.
 */
public final class DamagedLogException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DamagedLogException(String message) {
    super(message);
  }
}
