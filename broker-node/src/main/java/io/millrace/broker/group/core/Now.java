package io.millrace.broker.group.core;

/**
 * When an event happened, on two clocks.
 *
 * @param ms milliseconds on one monotonic clock for all events of a core: sessions go by it
 * @param wallMs milliseconds since 1970 UTC: what is kept with records goes by it
 */
public record Now(long ms, long wallMs) {}
