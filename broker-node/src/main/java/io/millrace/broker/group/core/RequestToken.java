package io.millrace.broker.group.core;

/**
 * Names a request on its way through the core: put in with the event, handed back with the answer,
 * never looked into.
 */
public interface RequestToken {}
