package io.millrace.broker.replica.core;

/**
 * Names a request on its way through the core: put in with the event, handed back with the answer,
 * never looked into. Whoever drives the core implements it, usually by the waiting request itself.
 */
public interface RequestToken {}
