package io.millrace.metadata.rpc;

/**
 * On whose behalf a node asks another one.
 *
 * @param principal who asked
 * @param clientId what the client calls itself, or empty
 * @param clientAddress where it connects from, or empty
 * @param listener the listener that it came in by, or empty
 * @param trace the W3C traceparent, or empty
 */
public record CallerContext(
    String principal, String clientId, String clientAddress, String listener, String trace) {}
