package io.millrace.it.simulation;

/** A defect that the simulation can put in, to show that it would find such a one. */
enum PlantedBug {
  /** Nothing of a log's file is ever synced, though the log believes it. */
  FLUSH_SKIPPED,
  /** A failed sync is taken for a good one. */
  FAILED_FLUSH_BELIEVED,
  /** A failed sync is tried again, and what that one says is believed. */
  FAILED_FLUSH_RETRIED,
  /** With flush.mode=commit, batches count as acknowledged when they are appended. */
  ACKNOWLEDGED_BEFORE_DURABLE,
  /** A renamed or new file's name is never synced. */
  DIRECTORY_NOT_SYNCED,
  /** The recovery point is noted before the flush. */
  CHECKPOINT_BEFORE_FLUSH,
  /** Recovery leaves the torn end of the file where it is. */
  TORN_END_KEPT,
  /** Recovery takes the last whole batch for torn. */
  WHOLE_BATCH_CUT,
  /** The memory of producers is empty after a restart. */
  PRODUCERS_FORGOTTEN,
  /** A producer snapshot leaves out the batches of one producer. */
  WINDOW_LEFT_OUT_OF_SNAPSHOT,
  /** A repeat is answered with offsets one too high. */
  WRONG_OFFSETS_FOR_DUPLICATE,
  /** A batch whose sequence does not follow is appended. */
  GAP_ACCEPTED,
  /** Two batches that wait together are appended in the wrong order. */
  APPENDED_OUT_OF_ORDER,
  /** A frame behind a failed one goes through without a resume. */
  PIPELINE_NOT_STOPPED,
  /** A restart begins to append one batch before the end. */
  OFFSET_REUSED,
  /** A batch is answered with the offsets of the one before. */
  WRONG_OFFSETS_FOR_APPEND,
  /** Readers get what is not committed. */
  SERVED_ABOVE_HIGH_WATERMARK,
  /** After a restart readers are told the log start for the high watermark. */
  HIGH_WATERMARK_BACK,
  /** Retention takes what is not committed. */
  RETENTION_BEYOND_HIGH_WATERMARK,
  /** Deleted records come back after a restart. */
  LOG_START_FORGOTTEN,
  /** The producer sends what is in doubt again from the newest on. */
  RESENT_OUT_OF_ORDER,
  /** The producer takes a time-out for a success. */
  TIMEOUT_TAKEN_FOR_SUCCESS,
  /** The producer begins at 0 without a higher epoch. */
  EPOCH_NOT_RAISED
}
