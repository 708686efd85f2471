/**
 * The two ends of a Replicate stream as pure state machines: frames and events with the time on
 * them come in, effects go out. No threads, clocks, files or network; the same objects run under
 * gRPC and in the simulator.
 *
 * <p>Start with {@link io.millrace.broker.replica.link.FollowerLink} and {@link
 * io.millrace.broker.replica.link.LeaderLink}; what they send each other is {@link
 * io.millrace.broker.replica.link.FollowerFrame} and {@link
 * io.millrace.broker.replica.link.LeaderFrame}.
 */
@NullMarked
package io.millrace.broker.replica.link;

import org.jspecify.annotations.NullMarked;
