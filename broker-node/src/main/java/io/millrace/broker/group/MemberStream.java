package io.millrace.broker.group;

import io.millrace.broker.group.core.GroupAnswer.MemberState;
import io.millrace.broker.group.core.StreamToken;
import io.millrace.common.MillraceError;

/** A member's stream as its coordinator sees it. Called on the coordinator's thread. */
public interface MemberStream extends StreamToken {
  /** The member's state has changed. Must not block or throw. */
  void push(MemberState state);

  /** The stream is over, and the coordinator has forgotten it. Must not block or throw. */
  void end(MillraceError error);
}
