package io.millrace.broker.group.core;

/**
 * The parts of a core that decide, and what they share. Confined to the core.
 *
 * <p>Not final, and neither are they: tests put defects in.
 */
class Parts {
  final TopicMatches matches = new TopicMatches();
  final LiveMembers live = new LiveMembers();

  MembershipDecisions memberships() {
    return new MembershipDecisions(matches, live);
  }

  OffsetDecisions offsets() {
    return new OffsetDecisions(matches);
  }

  Settlement settlement() {
    return new Settlement(matches, live);
  }

  ExpirySweep sweep() {
    return new ExpirySweep(matches);
  }

  MemberWatch watch() {
    return new MemberWatch(live);
  }
}
