package io.millrace.it.simulation;

import java.util.regex.Pattern;

/**
 * A defect that the simulation can put in, to show that it would find such a one: with the words in
 * which what it leads to is told.
 */
enum PlantedBug {
  /** Nothing of a log's file is ever synced, though the log believes it. */
  FLUSH_SKIPPED("DamagedLogException|CorruptBatchException|ends at \\d+ after"),
  /** Only the last segment is synced, not those that were rolled since the last flush. */
  ROLLED_SEGMENT_NOT_SYNCED("DamagedLogException|CorruptBatchException|ends at \\d+ after"),
  /** A rolled segment is synced only after its checksum is there. */
  CHECKSUM_BEFORE_DATA("DamagedLogException|CorruptBatchException"),
  /** Batches that come while a flush runs count as durable with it. */
  DURABLE_WITH_THE_FLUSH_BEFORE("ends at \\d+ after"),
  /** A failed sync is taken for a good one. */
  FAILED_FLUSH_BELIEVED("ends at \\d+ after"),
  /** A failed sync is tried again, and what that one says is believed. */
  FAILED_FLUSH_RETRIED("ends at \\d+ after"),
  /** What a recovery finds is synced as it is, though the system may have given it up. */
  RECOVERED_NOT_WRITTEN_AGAIN("DamagedLogException|CorruptBatchException|ends at \\d+ after"),
  /** With flush.mode=commit, batches count as acknowledged when they are appended. */
  ACKNOWLEDGED_BEFORE_DURABLE("is beyond what is durable"),
  /** A renamed or new file's name is never synced. */
  DIRECTORY_NOT_SYNCED("DamagedLogException|CorruptBatchException|ends at \\d+ after"),
  /** The recovery point is noted before the flush. */
  CHECKPOINT_BEFORE_FLUSH("DamagedLogException|CorruptBatchException|ends at \\d+ after"),
  /** A leader epoch appends before it is noted durably. */
  EPOCHS_NOT_SYNCED("ends at \\d+ after"),
  /** The clean-shutdown mark outlives the next start. */
  CLEAN_MARK_KEPT("after readers had seen"),
  /** The boot counts as known before all logs are recovered. */
  BOOT_CONFIRMED_TOO_EARLY("after readers had seen"),
  /** Recovery leaves the torn end of the file where it is. */
  TORN_END_KEPT("ends at \\d+ after it was KILLED"),
  /** Recovery takes the last whole batch for torn. */
  WHOLE_BATCH_CUT("DamagedLogException|CorruptBatchException|ends at \\d+ after"),
  /** The memory of producers is empty after a restart. */
  PRODUCERS_FORGOTTEN("a repeat of .* is judged as Accept"),
  /** No producer snapshot is there when the segments go that told of them. */
  SNAPSHOT_MISSING("a repeat of .* is judged as"),
  /** A producer snapshot leaves out the batches of one producer. */
  WINDOW_LEFT_OUT_OF_SNAPSHOT("a repeat of .* is judged as Accept"),
  /** A producer snapshot has a batch one offset too high. */
  WRONG_OFFSETS_IN_SNAPSHOT("a repeat of .* is judged as Duplicate"),
  /** Producers are forgotten long before their time. */
  PRODUCERS_EXPIRED_TOO_EARLY("a repeat of .* is judged as Accept"),
  /** A repeat is answered with offsets one too high. */
  WRONG_OFFSETS_FOR_DUPLICATE("was told of Acknowledged"),
  /** A batch whose sequence does not follow is appended. */
  GAP_ACCEPTED("a gap \\(expected"),
  /** Two batches that wait together are appended in the wrong order. */
  APPENDED_OUT_OF_ORDER("doubled or out of order|a gap \\(expected"),
  /** A frame behind a failed one goes through without a resume. */
  PIPELINE_NOT_STOPPED("went through although an earlier frame"),
  /** A restart begins to append one batch before the end. */
  OFFSET_REUSED("ends at \\d+ after"),
  /** A batch is answered with the offsets of the one before. */
  WRONG_OFFSETS_FOR_APPEND("was told of Acknowledged"),
  /** Readers get what is not committed. */
  SERVED_ABOVE_HIGH_WATERMARK("beyond the high watermark"),
  /** After a restart readers are told the log start for the high watermark. */
  HIGH_WATERMARK_BACK("high watermark \\d+ is told after"),
  /** Retention takes what is not committed. */
  RETENTION_BEYOND_HIGH_WATERMARK("are out of order"),
  /** Retention by time goes on though the clock has jumped. */
  RETENTION_BY_A_WRONG_CLOCK("by a clock that has jumped"),
  /** Deleted records come back after a restart. */
  LOG_START_FORGOTTEN("starts at \\d+ after"),
  /** Records are called deleted before that is durable. */
  LOG_START_NOT_SYNCED("starts at \\d+ after"),
  /** The failure of one data directory takes the others offline. */
  DISK_FAILURE_SPREADS("offline though its disk is well"),
  /** The producer sends what is in doubt again from the newest on. */
  RESENT_OUT_OF_ORDER("doubled or out of order"),
  /** The producer takes a time-out for a success. */
  TIMEOUT_TAKEN_FOR_SUCCESS("was acknowledged without offsets and is not in"),
  /** The producer begins at 0 without a higher epoch. */
  EPOCH_NOT_RAISED("was told of Acknowledged|doubled or out of order"),
  /** The late entry of a deposed controller takes effect. */
  DEPOSED_ENTRY_APPLIED(
      "InvalidRecordException|was acknowledged|may lack records|repetition|is led by both", true),
  /** A controller answers a command whose entry is lost. */
  LOST_ENTRY_ACKNOWLEDGED("was acknowledged|repetition", true),
  /** The answer of a request is not remembered with it. */
  ANSWER_NOT_REMEMBERED("is refused: |repetition|was acknowledged", true),
  /** A new leader leads in the epoch of the one before. */
  LEADER_EPOCH_KEPT("is led by both", true),
  /** The eligible leader replicas stay when the ISR is large enough again. */
  ELR_NOT_CLEARED("has an ELR beside an ISR|is in ISR and ELR|may lack records", true),
  /** Nobody counts an election that may lose records. */
  UNCLEAN_ELECTION_NOT_COUNTED("may lack records", true),
  /** A replica that has lost its records counts as in sync. */
  UNCLEAN_REPLICA_BELIEVED("has lost its records", true),
  /** A changed min.insync.replicas does not reach the partitions. */
  MIN_ISR_NOT_CHANGED("the effective min ISR is not", true),
  /** What is left half done for two brokers is finished for both over one image. */
  REPAIR_CHANGES_TWICE("InvalidRecordException: partition epoch", true),
  /** A broker is taken out in the middle of its fencing. */
  TAKEN_OUT_WHILE_LEADING("is led by broker \\d+, which is not registered", true),
  /** A change whose command is given up in the middle stays half done. */
  HALF_DONE_CHANGE_KEPT("is led by broker \\d+, which is FENCED", true),
  /** A reassignment that only removes replicas ends though those that stay are not in sync. */
  REASSIGNMENT_ENDS_TOO_EARLY("is left with too few in sync by a reassignment", true);

  private final Pattern sign;
  private final boolean ofController;

  PlantedBug(String sign) {
    this(sign, false);
  }

  PlantedBug(String sign, boolean ofController) {
    this.sign = Pattern.compile(sign);
    this.ofController = ofController;
  }

  /** Whether it is in the controller, not in a node's log or its clients. */
  boolean isOfController() {
    return ofController;
  }

  /** Whether a failure is what this bug leads to. */
  boolean isShownBy(String failure) {
    return sign.matcher(failure).find();
  }
}
