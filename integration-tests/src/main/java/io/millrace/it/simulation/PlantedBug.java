package io.millrace.it.simulation;

/** A defect that the simulation can put in, to show that it would find such a one. */
enum PlantedBug {
  /** Nothing of a log's file is ever synced, though the log believes it. */
  FLUSH_SKIPPED,
  /** Only the last segment is synced, not those that were rolled since the last flush. */
  ROLLED_SEGMENT_NOT_SYNCED,
  /** A rolled segment is synced only after its checksum is there. */
  CHECKSUM_BEFORE_DATA,
  /** Batches that come while a flush runs count as durable with it. */
  DURABLE_WITH_THE_FLUSH_BEFORE,
  /** A failed sync is taken for a good one. */
  FAILED_FLUSH_BELIEVED,
  /** A failed sync is tried again, and what that one says is believed. */
  FAILED_FLUSH_RETRIED,
  /** What a recovery finds is synced as it is, though the system may have given it up. */
  RECOVERED_NOT_WRITTEN_AGAIN,
  /** With flush.mode=commit, batches count as acknowledged when they are appended. */
  ACKNOWLEDGED_BEFORE_DURABLE,
  /** A renamed or new file's name is never synced. */
  DIRECTORY_NOT_SYNCED,
  /** The recovery point is noted before the flush. */
  CHECKPOINT_BEFORE_FLUSH,
  /** A leader epoch appends before it is noted durably. */
  EPOCHS_NOT_SYNCED,
  /** The clean-shutdown mark outlives the next start. */
  CLEAN_MARK_KEPT,
  /** The boot counts as known before all logs are recovered. */
  BOOT_CONFIRMED_TOO_EARLY,
  /** Recovery leaves the torn end of the file where it is. */
  TORN_END_KEPT,
  /** Recovery takes the last whole batch for torn. */
  WHOLE_BATCH_CUT,
  /** The memory of producers is empty after a restart. */
  PRODUCERS_FORGOTTEN,
  /** No producer snapshot is there when the segments go that told of them. */
  SNAPSHOT_MISSING,
  /** A producer snapshot leaves out the batches of one producer. */
  WINDOW_LEFT_OUT_OF_SNAPSHOT,
  /** A producer snapshot has a batch one offset too high. */
  WRONG_OFFSETS_IN_SNAPSHOT,
  /** Producers are forgotten long before their time. */
  PRODUCERS_EXPIRED_TOO_EARLY,
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
  /** Retention by time goes on though the clock has jumped. */
  RETENTION_BY_A_WRONG_CLOCK,
  /** Deleted records come back after a restart. */
  LOG_START_FORGOTTEN,
  /** Records are called deleted before that is durable. */
  LOG_START_NOT_SYNCED,
  /** The failure of one data directory takes the others offline. */
  DISK_FAILURE_SPREADS,
  /** The producer sends what is in doubt again from the newest on. */
  RESENT_OUT_OF_ORDER,
  /** The producer takes a time-out for a success. */
  TIMEOUT_TAKEN_FOR_SUCCESS,
  /** The producer begins at 0 without a higher epoch. */
  EPOCH_NOT_RAISED
}
