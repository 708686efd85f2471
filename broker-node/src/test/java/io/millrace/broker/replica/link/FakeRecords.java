package io.millrace.broker.replica.link;

/**
 * Records that are nothing but their offsets.
 *
 * @param first the first offset
 * @param next one past the last
 * @param bytes what they cost
 */
record FakeRecords(long first, long next, int bytes) implements ReplicaRecords {}
