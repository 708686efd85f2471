package io.millrace.client.internal;

/**
 * As whom a consumer commits.
 *
 * @param memberId the member
 * @param epoch the epoch that the coordinator told last; 0 while it is no member
 * @param incarnation counts the memberships: another one has lost what this one was given
 */
record MemberIdentity(String memberId, int epoch, long incarnation) {}
