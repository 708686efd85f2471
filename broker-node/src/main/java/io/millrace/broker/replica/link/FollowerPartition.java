package io.millrace.broker.replica.link;

import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.common.TopicIdPartition;

/** A partition that this broker follows, or followed a moment ago. Confined to its link. */
final class FollowerPartition {
  enum State {
    /** Nothing is wanted now. */
    IDLE,
    /** Wanted, and to be asked for at {@link #dueMs}. */
    WAITING,
    /** Asked for, not answered. */
    ASKED,
    /** Subscribed. */
    ACTIVE
  }

  private final TopicIdPartition id;
  private final RetryWait retry = new RetryWait();
  private State state = State.IDLE;

  /** What the partition wants, or wanted last. */
  private FollowingEffect.Subscribe wanted;

  private long dueMs;

  /** Since when nothing is wanted. */
  private long idleSinceMs;

  /** Names it on the stream: the attempt while asked, the subscription while active. */
  private long number;

  /** Whether more was appended than there was when it was asked for. */
  private boolean progress;

  FollowerPartition(TopicIdPartition id, FollowingEffect.Subscribe wanted) {
    this.id = id;
    this.wanted = wanted;
  }

  TopicIdPartition id() {
    return id;
  }

  State state() {
    return state;
  }

  FollowingEffect.Subscribe wanted() {
    return wanted;
  }

  long attempt() {
    return wanted.attempt();
  }

  long dueMs() {
    return dueMs;
  }

  long number() {
    return number;
  }

  /** Wants a subscription from now on, in place of any other. */
  void want(FollowingEffect.Subscribe newest, long nowMs) {
    if (newest.leaderEpoch() > wanted.leaderEpoch()) {
      retry.succeeded();
    }
    wanted = newest;
    state = State.WAITING;
    dueMs = nowMs + retry.waitMs();
  }

  void asked(long attempt) {
    state = State.ASKED;
    number = attempt;
    progress = false;
  }

  void active(long subscription) {
    state = State.ACTIVE;
    number = subscription;
  }

  void acknowledged(long appended) {
    progress |= appended > wanted.position();
  }

  /** Nothing is wanted from now on. */
  void idle(long nowMs) {
    state = State.IDLE;
    idleSinceMs = nowMs;
  }

  /** The attempt is over and brought the partition forward: the next one need not wait. */
  void answered(long nowMs) {
    retry.succeeded();
    idle(nowMs);
  }

  /** The attempt is over, and another one waits unless this one brought anything. */
  void failed(long nowMs) {
    if (progress) {
      retry.succeeded();
    }
    retry.failed();
    progress = false;
    idle(nowMs);
  }

  /** What failed says nothing of the next attempt, which need not wait. */
  void failuresForgotten(long nowMs) {
    retry.succeeded();
    dueMs = nowMs;
  }

  boolean idleFor(long ms, long nowMs) {
    return state == State.IDLE && nowMs - idleSinceMs >= ms;
  }
}
