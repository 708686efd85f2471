package io.millrace.broker.replica.core;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The core's own refusals, each naming the value and what was expected. */
final class Refusals {
  private Refusals() {}

  static MillraceError noLeaderYet() {
    return new MillraceError(ErrorCode.NOT_LEADER, "this broker does not lead the partition");
  }

  static MillraceError notLeader(int leaderId, int leaderEpoch) {
    return new MillraceError(
        ErrorCode.NOT_LEADER,
        "this broker does not lead the partition: broker " + leaderId + " does",
        Map.of(
            "leader_id", Integer.toString(leaderId),
            "current_leader_epoch", Integer.toString(leaderEpoch)));
  }

  static MillraceError notAReplica(int brokerId, List<ReplicaProgress> replicas) {
    return new MillraceError(
        ErrorCode.INELIGIBLE_REPLICA,
        "broker_id: %d (expected: another broker than the leader, of %s)"
            .formatted(brokerId, replicas.stream().map(ReplicaProgress::brokerId).toList()),
        Map.of("broker_id", Integer.toString(brokerId)));
  }

  static MillraceError staleBrokerEpoch(long asked, long known) {
    return new MillraceError(
        ErrorCode.STALE_BROKER_EPOCH,
        "broker_epoch: " + asked + " (expected: >= " + known + ")",
        Map.of("broker_epoch", Long.toString(asked)));
  }

  static MillraceError subscribedAnew() {
    return new MillraceError(
        ErrorCode.UNAVAILABLE, "the follower has subscribed the partition anew");
  }

  static MillraceError leadsAnew(int leaderEpoch) {
    return new MillraceError(
        ErrorCode.FENCED_LEADER_EPOCH,
        "the leader epoch is " + leaderEpoch + " now",
        Map.of("current_leader_epoch", Integer.toString(leaderEpoch)));
  }

  static MillraceError epoch(int asked, int current) {
    boolean older = asked < current;
    return new MillraceError(
        older ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH,
        "leader_epoch: " + asked + " (expected: " + current + ")",
        Map.of(
            "leader_epoch", Integer.toString(asked),
            "current_leader_epoch", Integer.toString(current)));
  }

  static MillraceError notEnoughReplicas(Acknowledgements acks, boolean appended) {
    return new MillraceError(
        appended ? ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND : ErrorCode.NOT_ENOUGH_REPLICAS,
        "in-sync replicas: %d (expected: >= %d)%s"
            .formatted(acks.inSync(), acks.minIsr(), appended ? "; the batch is in the log" : ""),
        Map.of(
            "in_sync_replicas", Integer.toString(acks.inSync()),
            "min_insync_replicas", Integer.toString(acks.minIsr())));
  }

  static MillraceError timedOut(boolean appended) {
    return new MillraceError(
        ErrorCode.REQUEST_TIMED_OUT,
        appended
            ? "the batch was appended but not acknowledged in time; it may still be committed"
            : "the deadline passed before the batch was appended");
  }

  static MillraceError previousFrameFailed(int baseSequence) {
    return new MillraceError(
        ErrorCode.PREVIOUS_FRAME_FAILED,
        "an earlier frame of this partition failed on this stream; resume the partition at a named"
            + " sequence first",
        Map.of("base_sequence", Integer.toString(baseSequence)));
  }

  static MillraceError deleteOutOfRange(long asked, long logStart, long highWatermark) {
    return new MillraceError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        "before_offset: %d (expected: -1 or [%d, %d], the high watermark)"
            .formatted(asked, logStart, highWatermark),
        Map.of(
            "before_offset", Long.toString(asked),
            "log_start_offset", Long.toString(logStart),
            "high_watermark", Long.toString(highWatermark)));
  }

  static MillraceError deleteTimedOut(
      long before, long logStart, List<Integer> behind, Acknowledgements acks) {
    return new MillraceError(
        ErrorCode.REQUEST_TIMED_OUT,
        ("before_offset: %d; the leader's log begins at %d, those of brokers %s earlier than asked,"
                + " and %d replicas are in sync (expected: that no replica in sync or alive begins"
                + " earlier, and >= %d in sync); the deletion goes on")
            .formatted(before, logStart, behind, acks.inSync(), acks.minIsr()),
        Map.of(
            "before_offset", Long.toString(before),
            "log_start_offset", Long.toString(logStart),
            "brokers_behind", behind.stream().map(String::valueOf).collect(Collectors.joining(",")),
            "in_sync_replicas", Integer.toString(acks.inSync()),
            "min_insync_replicas", Integer.toString(acks.minIsr())));
  }

  static MillraceError deleteTooLate() {
    return new MillraceError(
        ErrorCode.REQUEST_TIMED_OUT, "the deadline passed before the deletion began");
  }

  static MillraceError tooManyDeletes(int most) {
    return new MillraceError(
        ErrorCode.THROTTLED,
        "deletions that wait for the replicas of this partition: %d (expected: fewer)"
            .formatted(most));
  }

  static MillraceError deleteFromCompacted() {
    return new MillraceError(
        ErrorCode.POLICY_VIOLATION,
        "records can't be deleted from a topic that is only compacted (expected: cleanup.policy"
            + " with delete)");
  }
}
