/**
 * How the Java client works inside; not for applications.
 *
 * <p>Start with {@link io.millrace.client.internal.DefaultClient}, which wires the rest: {@link
 * io.millrace.client.internal.ClusterClient} finds brokers and knows the leaders.
 */
@NullMarked
package io.millrace.client.internal;

import org.jspecify.annotations.NullMarked;
