/**
 * Clusters of real processes under faults: killed, stopped, paused, cut off, while clients send and
 * read; what they saw is recorded and checked.
 *
 * <p>Start with {@link io.millrace.it.faults.MixedFaultsTest}, {@link
 * io.millrace.it.faults.HistoryChecker} and {@link io.millrace.it.faults.ProxiedNetwork}.
 */
@NullMarked
package io.millrace.it.faults;

import org.jspecify.annotations.NullMarked;
