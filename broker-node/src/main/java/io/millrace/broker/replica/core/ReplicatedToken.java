package io.millrace.broker.replica.core;

/**
 * Names batches that came from the leader on their way through the core: put in with {@link
 * FollowingEvent.ReplicatedBatches}, handed back with {@link FollowingEffect.AppendReplicated}.
 */
public interface ReplicatedToken {}
