package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupCommand.MemberProfile;

/**
 * What a member said about itself.
 *
 * @param profile who it is, with the time-outs that are in force
 * @param subscription what it subscribes to
 * @param assignor the assignor that it wants, or empty
 * @param away whether it is a static member that has left and keeps its place; it owns nothing then
 */
record Member(MemberProfile profile, Subscription subscription, String assignor, boolean away) {
  Member withAway(boolean nowAway) {
    return new Member(profile, subscription, assignor, nowAway);
  }

  /** Whether this one is to be assigned as the other was. */
  boolean assignsLike(Member other) {
    return subscription.equals(other.subscription)
        && assignor.equals(other.assignor)
        && profile.rack().equals(other.profile.rack());
  }
}
