/**
 * Tests on real processes: a broker in a JVM of its own, the command in another, and what survives
 * when they are killed.
 *
 * <p>Start with {@link io.millrace.it.cluster.BrokerProcess}.
 */
@NullMarked
package io.millrace.it.cluster;

import org.jspecify.annotations.NullMarked;
