package io.millrace.broker.replica.core;

/**
 * Names a follower's subscription on its way through the core: put in with {@link
 * LeadingEvent.FollowerSubscribes}, handed back with what becomes of it, compared by {@code
 * equals}, never looked into. Each subscription has one of its own.
 */
public interface FollowerRef {}
