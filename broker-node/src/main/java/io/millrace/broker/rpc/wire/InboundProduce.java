package io.millrace.broker.rpc.wire;

import io.millrace.proto.v1.ProduceStreamRequest;

/**
 * A message of a produce stream as it came in.
 *
 * @param message its byte fields may lie in the lent buffer: they are not to be touched after the
 *     release
 * @param heldBytes what the message keeps from being freed or lent, until the release
 * @param release called when nobody touches the message's bytes any more; may be called more than
 *     once, on any thread. Without it the memory is freed as any other
 */
public record InboundProduce(ProduceStreamRequest message, int heldBytes, Runnable release) {}
