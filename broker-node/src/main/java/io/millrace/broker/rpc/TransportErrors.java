package io.millrace.broker.rpc;

import io.grpc.netty.shaded.io.netty.util.internal.OutOfDirectMemoryError;
import io.grpc.stub.StreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the transport throws at those who send, when it has no memory of its own for a message. */
final class TransportErrors {
  private static final Logger log = LoggerFactory.getLogger(TransportErrors.class);

  private TransportErrors() {}

  /**
   * Ends a call whose sending threw: want of memory outside the heap is that call's misfortune, and
   * leaves nothing half done but its message.
   *
   * @throws Error the same, if it is anything else: for the fault handler
   */
  static void endCall(StreamObserver<?> client, Error thrown) {
    if (!isDirectMemory(thrown)) {
      throw thrown;
    }
    log.warn("the transport has no memory outside the heap: a call of a reader is ended", thrown);
    MillraceError error =
        new MillraceError(ErrorCode.THROTTLED, "the server has no memory for the message");
    try {
      client.onError(RpcErrors.toStatus(error));
    } catch (IllegalStateException closed) {
      log.debug("the transport has closed the call itself", closed);
    }
  }

  /** Whether it is memory outside the heap: the transport's own count, or the virtual machine's. */
  private static boolean isDirectMemory(Error thrown) {
    return thrown instanceof OutOfDirectMemoryError
        || (thrown instanceof OutOfMemoryError
            && String.valueOf(thrown.getMessage()).contains("direct buffer memory"));
  }
}
