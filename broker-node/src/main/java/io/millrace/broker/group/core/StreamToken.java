package io.millrace.broker.group.core;

/**
 * Names a member's stream: put in with each heartbeat that came on it, handed back with what is
 * pushed on it. Told apart by {@code equals}, never looked into.
 */
public interface StreamToken {}
