/**
 * Moves the same bytes through a Millrace broker and through a bare gRPC server, in turns, to see
 * what the broker costs.
 *
 * <p>Start with {@link io.millrace.bench.transfer.TransferComparison}.
 */
@NullMarked
package io.millrace.bench.transfer;

import org.jspecify.annotations.NullMarked;
