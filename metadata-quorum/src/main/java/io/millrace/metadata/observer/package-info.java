/**
 * Nodes that follow the metadata without being voters.
 *
 * <p>Start with {@link io.millrace.metadata.observer.ObserverQuorum}.
 */
@NullMarked
package io.millrace.metadata.observer;

import org.jspecify.annotations.NullMarked;
