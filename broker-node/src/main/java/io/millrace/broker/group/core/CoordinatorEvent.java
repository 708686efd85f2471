package io.millrace.broker.group.core;

import io.millrace.common.MillraceError;
import java.util.List;
import java.util.Set;

/** What can happen to a coordinator. It begins by loading its partition of the offsets topic. */
public sealed interface CoordinatorEvent {
  /**
   * Records of the partition, in the order of the log. Only while the core loads: from its making,
   * or from {@link CoordinatorEffect.Reload}, until {@link LoadEnded}.
   *
   * @param records what comes next in the log, of any number
   */
  record Loaded(List<EncodedRecord> records) implements CoordinatorEvent {}

  /**
   * The load could not go on, and begins anew: what was loaded so far is void. Only while the core
   * loads.
   */
  record LoadRestarted() implements CoordinatorEvent {}

  /**
   * All is loaded, up to where the log ended when this broker's leader epoch began (or when {@link
   * CoordinatorEffect.Reload} was asked for), and all of it is committed. {@link TopicsChanged} was
   * told before, of metadata that is at least as new as the leadership.
   */
  record LoadEnded() implements CoordinatorEvent {}

  /**
   * A client's command. Answered exactly once, unless the core is thrown away without {@link
   * Resigned}.
   *
   * @param token names the request
   * @param command what is wanted
   */
  record Submitted(RequestToken token, GroupCommand command) implements CoordinatorEvent {}

  /**
   * A client's question. Answered at once.
   *
   * @param token names the request
   * @param query what is asked
   */
  record Asked(RequestToken token, GroupQuery query) implements CoordinatorEvent {}

  /**
   * All records of the append are committed: below the high watermark, under the leader epoch of
   * this coordinator.
   *
   * @param number {@link CoordinatorEffect.Append#number}
   */
  record Committed(long number) implements CoordinatorEvent {}

  /**
   * The append failed.
   *
   * @param number {@link CoordinatorEffect.Append#number}
   * @param error what the commands in it are told; retriable
   * @param maybeWritten false only if none of its records is in the log, nor ever will be.
   *     Otherwise they may still be committed, and the core begins anew by {@link
   *     CoordinatorEffect.Reload}
   */
  record AppendFailed(long number, MillraceError error, boolean maybeWritten)
      implements CoordinatorEvent {}

  /** Time passed: what {@link CoordinatorEffect.WakeAt} asked for is due, or not. */
  record Tick() implements CoordinatorEvent {}

  /**
   * Topics were created or deleted, or their partitions changed.
   *
   * @param topics all topics
   * @param changed the names of those that are not as they were in the view before, deleted ones
   *     included; more than these do no harm
   */
  record TopicsChanged(TopicsView topics, Set<String> changed) implements CoordinatorEvent {
    public TopicsChanged {
      changed = Set.copyOf(changed);
    }
  }

  /**
   * A member's stream is over; nothing is pushed on it from now on. The membership goes on.
   *
   * @param stream the stream
   */
  record StreamClosed(StreamToken stream) implements CoordinatorEvent {}

  /**
   * Settings changed.
   *
   * @param settings the new ones
   */
  record SettingsChanged(GroupSettings settings) implements CoordinatorEvent {}

  /**
   * This broker does not lead the partition any more, or stops. Whatever waits is answered, streams
   * are ended, and the core takes part no more: an append that is still under way is not heard of.
   *
   * @param error what waiting and later requests are told
   */
  record Resigned(MillraceError error) implements CoordinatorEvent {}
}
