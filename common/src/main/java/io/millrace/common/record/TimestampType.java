package io.millrace.common.record;

/** Whose time the records of a batch carry. The ordinal is the value of the attribute bit. */
public enum TimestampType {
  /** The producer's: each record has its own. */
  CREATE_TIME,
  /** The leader's at the append: every record has the batch's max timestamp. */
  LOG_APPEND_TIME
}
