package io.millrace.broker.group.core;

import io.millrace.common.MillraceError;
import java.util.List;

/** What the core wants done, in this order. */
public sealed interface CoordinatorEffect {
  /**
   * Append the records to the partition in this order, with acks = all and under the leader epoch
   * of this coordinator; then tell {@link CoordinatorEvent.Committed} or {@link
   * CoordinatorEvent.AppendFailed}. There is never more than one append under way. They may be
   * written as several batches, one after the other: any beginning of them is sound.
   *
   * @param number names the append; grows
   * @param records at least one
   */
  record Append(long number, List<EncodedRecord> records) implements CoordinatorEffect {
    public Append {
      records = List.copyOf(records);
    }
  }

  /**
   * Answer a request.
   *
   * @param token names the request
   * @param answer what became of it
   */
  record Answer(RequestToken token, GroupAnswer answer) implements CoordinatorEffect {}

  /**
   * Tell a member its new state on its stream. That answers no heartbeat: a member that counts its
   * session by its own clock counts it from the heartbeats that were answered.
   *
   * @param stream the stream
   * @param state the member's state, always with what it may own
   */
  record Push(StreamToken stream, GroupAnswer.MemberState state) implements CoordinatorEffect {}

  /**
   * End a stream, if it is not over yet; the core has forgotten it. Comes after the answers to what
   * came on it.
   *
   * @param stream the stream
   * @param error why: the member is fenced, another stream took its place, or this broker does not
   *     coordinate the group any more
   */
  record EndStream(StreamToken stream, MillraceError error) implements CoordinatorEffect {}

  /**
   * Send {@link CoordinatorEvent.Tick} at that time or soon after. Replaces what was asked for
   * before.
   *
   * @param atMs on the monotonic clock of the events
   */
  record WakeAt(long atMs) implements CoordinatorEffect {}

  /**
   * Load the partition again from its start up to where its log ends now, as after the making of
   * the core: what the failed append left there is not known. Until then requests are refused with
   * COORDINATOR_LOADING. What is known of topics and settings stays.
   */
  record Reload() implements CoordinatorEffect {}

  /**
   * Report as an error: the partition can't be loaded, by a record of a newer version or by a
   * broken log. Requests are refused with this from now on; only a new core may try again.
   *
   * @param error what was found
   */
  record LoadFailed(MillraceError error) implements CoordinatorEffect {}

  /**
   * Report as a fault of this code. What it concerned was refused with INTERNAL, and nothing of it
   * was kept; the core goes on.
   *
   * @param defect what was thrown
   */
  record Defect(RuntimeException defect) implements CoordinatorEffect {}
}
