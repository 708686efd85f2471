/**
 * The process: settings, wiring, listeners, the administrators' HTTP pages, logging and the orderly
 * end.
 *
 * <p>Start with {@link io.millrace.broker.server.MillraceServer} and {@link
 * io.millrace.broker.server.BrokerSettings}.
 */
@NullMarked
package io.millrace.broker.server;

import org.jspecify.annotations.NullMarked;
