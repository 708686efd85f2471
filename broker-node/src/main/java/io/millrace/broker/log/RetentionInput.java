package io.millrace.broker.log;

/**
 * What retention is decided by, besides the log and its settings.
 *
 * @param wallMs now, ms since 1970 UTC
 * @param highWatermark nothing at or above it is deleted
 * @param timeTrusted whether the wall clock may decide: see {@link TimeGuard}
 */
public record RetentionInput(long wallMs, long highWatermark, boolean timeTrusted) {}
