package io.millrace.cli;

/** How a command's result is written. */
public enum OutputFormat {
  /** A table for people. */
  table,
  /** A table with more columns. */
  wide,
  /** One JSON document. */
  json,
  /** One YAML document. */
  yaml
}
