package io.millrace.cli.record;

/** Says why a line of the input is no record, and what was expected. */
public final class BadRecordException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final int MOST_SHOWN = 40;

  BadRecordException(String message) {
    super(message);
  }

  /** Text as a message shows it: its beginning, on one line. */
  static String shown(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return "'" + (line.length() > MOST_SHOWN ? line.substring(0, MOST_SHOWN) + "…" : line) + "'";
  }
}
