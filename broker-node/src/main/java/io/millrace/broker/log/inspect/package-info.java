/**
 * Looks at logs without a broker: what is in them, and whether it is what was written.
 *
 * <p>{@link io.millrace.broker.log.inspect.LogInspector} shows batches, records and index entries.
 * {@link io.millrace.broker.log.inspect.LogVerifier} checks everything that can be checked and
 * reports each {@link io.millrace.broker.log.inspect.Finding} with file and position. Both read
 * only.
 */
@NullMarked
package io.millrace.broker.log.inspect;

import org.jspecify.annotations.NullMarked;
