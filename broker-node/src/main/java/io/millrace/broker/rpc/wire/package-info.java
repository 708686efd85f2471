/**
 * The messages that carry record batches, encoded and parsed without needless copies: their bytes
 * lie in pooled buffers, which go back to their pool when the transport or the partition is done
 * with them, never earlier.
 *
 * <p>On the wire nothing differs from the generated code, which these marshallers are tested
 * against. Start with {@link io.millrace.broker.rpc.wire.BufferPool}.
 */
@NullMarked
package io.millrace.broker.rpc.wire;

import org.jspecify.annotations.NullMarked;
