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
  CHECKSUM_BEFORE_DATA(
      "DamagedLogException|CorruptBatchException|the node is not up", Model.NODE, 902),
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
  EPOCHS_NOT_SYNCED("DamagedLogException|ends at \\d+ after"),
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
  PRODUCERS_EXPIRED_TOO_EARLY("a repeat of .* is judged as (Accept|Refuse)"),
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
      "InvalidRecordException|was acknowledged|may lack records|repetition|is led by both",
      Model.CONTROLLERS),
  /** A controller answers a command whose entry is lost. */
  LOST_ENTRY_ACKNOWLEDGED("was acknowledged|repetition", Model.CONTROLLERS),
  /** The answer of a request is not remembered with it. */
  ANSWER_NOT_REMEMBERED("is refused: |repetition|was acknowledged", Model.CONTROLLERS),
  /** A new leader leads in the epoch of the one before. */
  LEADER_EPOCH_KEPT("is led by both", Model.CONTROLLERS),
  /** The eligible leader replicas stay when the ISR is large enough again. */
  ELR_NOT_CLEARED("has an ELR beside an ISR|is in ISR and ELR|may lack records", Model.CONTROLLERS),
  /** Nobody counts an election that may lose records. */
  UNCLEAN_ELECTION_NOT_COUNTED("may lack records", Model.CONTROLLERS),
  /** A replica that has lost its records counts as in sync. */
  UNCLEAN_REPLICA_BELIEVED("has lost its records", Model.CONTROLLERS),
  /** A changed min.insync.replicas does not reach the partitions. */
  MIN_ISR_NOT_CHANGED("the effective min ISR is not", Model.CONTROLLERS),
  /** What is left half done for two brokers is finished for both over one image. */
  REPAIR_CHANGES_TWICE("InvalidRecordException: partition epoch", Model.CONTROLLERS),
  /** A broker is taken out in the middle of its fencing. */
  TAKEN_OUT_WHILE_LEADING("is led by broker \\d+, which is not registered", Model.CONTROLLERS),
  /** A change whose command is given up in the middle stays half done. */
  HALF_DONE_CHANGE_KEPT("is led by broker \\d+, which is FENCED", Model.CONTROLLERS),
  /** A reassignment that only removes replicas ends though those that stay are not in sync. */
  REASSIGNMENT_ENDS_TOO_EARLY("is left with too few in sync by a reassignment", Model.CONTROLLERS),
  /** A producer is told that all have its batch when the leader has it. */
  ACKNOWLEDGED_BEFORE_REPLICATED("is acknowledged at", Model.CLUSTERS, 1),
  /** A follower cuts its log to its high watermark (KIP-101). */
  TRUNCATED_BY_HIGH_WATERMARK("is in sync with|begins to lead", Model.CLUSTERS, 3),
  /** A new leader leads in the epoch of the one before. */
  LEADER_EPOCH_REUSED("is led by both|is led in epoch", Model.CLUSTERS, 1),
  /** A leader counts with an ISR that it has proposed before it is committed. */
  PENDING_SHRINK_COUNTED("is in sync with|begins to lead|does not have", Model.CLUSTERS, 4),
  /** A leader does not count a member that it has proposed. */
  PENDING_ADDITION_NOT_COUNTED("is in sync with|begins to lead|does not have", Model.CLUSTERS, 15),
  /** A leader takes a refusal for the end of a proposal that is under way once more. */
  LATE_COPY_NOT_COUNTED("is in sync with|begins to lead|does not have", Model.CLUSTERS, 1_363),
  /** A leader takes what a follower acknowledged before for its position when it comes anew. */
  POSITION_OUTLIVES_SUBSCRIPTION(
      "is in sync with|begins to lead|does not have", Model.CLUSTERS, 434),
  /** A follower appends frames of a leader that it follows no more. */
  OLD_FRAMES_ACCEPTED(
      "below its high watermark|where \\d+ is committed|is in sync with|is not in order",
      Model.CLUSTERS,
      200),
  /** A follower acknowledges what it has not appended yet. */
  ACKNOWLEDGED_BEFORE_APPENDED("is in sync with|begins to lead", Model.CLUSTERS),
  /** A follower takes the leader's high watermark before its log is cut (KAFKA-14704). */
  HIGH_WATERMARK_RAISED_BEFORE_TRUNCATION(
      "below its high watermark|where \\d+ is committed", Model.CLUSTERS, 10),
  /** A follower tells of an epoch that was cut off its log (KAFKA-10706). */
  EPOCH_CACHE_NOT_CLEANED(
      "is not in order|below its high watermark|is in sync with", Model.CLUSTERS, 23),
  /** A leader does not look where a follower's log goes another way. */
  DIVERGENCE_NOT_CHECKED(
      "below its high watermark|where \\d+ is committed|begins to lead", Model.CLUSTERS, 10),
  /** A follower joins the ISR that has not reached the start of the leader's epoch. */
  JOINS_BELOW_EPOCH_START("is in sync with|begins to lead|may lack records", Model.CLUSTERS, 68),
  /** A controller takes proposals that were made from an older state of the partition. */
  PARTITION_EPOCH_IGNORED("is in sync with|begins to lead|may lack records", Model.CLUSTERS, 61),
  /** A follower that becomes the leader knows nothing of the producers. */
  PRODUCERS_FORGOTTEN_AT_FAILOVER("doubled or out of order|a gap \\(expected", Model.CLUSTERS, 1),
  /** A broker does not say that it may have lost what it had acknowledged (S14). */
  POSSIBLE_LOSS_NOT_TOLD("has lost its records|is in sync with|begins to lead", Model.CLUSTERS, 5),
  /** A process goes on where the one before ended, though its log may have lost its end. */
  PROCESS_TAKEN_FOR_THE_ONE_BEFORE(
      "is in sync with|begins to lead|below its high watermark|is led in epoch|back from|is told in",
      Model.CLUSTERS,
      216),
  /** Nothing of a log is synced, though the replica vouches for it. */
  REPLICA_NOT_SYNCED("without a word|DamagedLogException|CorruptBatchException", Model.CLUSTERS, 2),
  /** Followers are told the end of the leader's log for its high watermark. */
  LOG_END_TOLD_AS_HIGH_WATERMARK("where \\d+ is committed", Model.CLUSTERS),
  /** The end of a log is noted as its high watermark. */
  LOG_END_NOTED_AS_HIGH_WATERMARK(
      "where \\d+ is committed|below its high watermark", Model.CLUSTERS, 19),
  /** Readers get what is not committed. */
  UNCOMMITTED_SERVED("a reader got", Model.CLUSTERS),
  /** A new leader tells the latest offset before it is certain (S17). */
  LATEST_OFFSET_TOLD_TOO_EARLY("is told in epoch", Model.CLUSTERS, 232),
  /** A leader commits though fewer are in sync than must be (S03). */
  MIN_ISR_NOT_HEEDED("begins to lead|is in sync with|does not have", Model.CLUSTERS, 116),
  /** A follower does not move its log start with its leader's (S33). */
  LOG_START_NOT_FOLLOWED("expected: at least \\d+, as at the leader", Model.CLUSTERS),
  /** Records are called deleted before the followers have deleted them (KIP-107). */
  DELETED_AT_THE_LEADER_ALONE("though a client was told", Model.CLUSTERS),
  /** The log start of a replica is that of its oldest segment again after a restart. */
  REPLICA_LOG_START_FORGOTTEN("begins at \\d+ after its process was", Model.CLUSTERS);

  private final Pattern sign;
  private final Model model;
  private final long firstSeed;

  PlantedBug(String sign) {
    this(sign, Model.NODE, 0);
  }

  PlantedBug(String sign, Model model) {
    this(sign, model, 0);
  }

  PlantedBug(String sign, Model model, long firstSeed) {
    this.firstSeed = firstSeed;
    this.sign = Pattern.compile(sign);
    this.model = model;
  }

  /** The first seed worth a try: one of those that it shows in. */
  long firstSeed() {
    return firstSeed;
  }

  /** What plays it. */
  Model model() {
    return model;
  }

  /** Whether a failure is what this bug leads to. */
  boolean isShownBy(String failure) {
    return sign.matcher(failure).find();
  }
}
