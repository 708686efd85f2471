/**
 * The quorum between nodes: commands that are passed on to the active controller, and what nodes
 * tell each other before they begin.
 *
 * <p>Start with {@link io.millrace.metadata.rpc.ControllerEndpoint} and {@link
 * io.millrace.metadata.rpc.RemoteControllers}.
 */
@NullMarked
package io.millrace.metadata.rpc;

import org.jspecify.annotations.NullMarked;
