package io.millrace.broker.rpc;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a server stream ends whose messages are made in runs, one at a time: the client goes, the
 * server shuts down, a run throws, or all was said. Confined to the runs, but for what the
 * transport and the server call, which only ask for one.
 */
final class StreamEnds {
  private static final Logger LOG = LoggerFactory.getLogger(StreamEnds.class);

  private final ServerCallStreamObserver<?> client;
  private final StreamPlaces places;
  private final OpenStreams streams;
  private final Runnable call;
  private final Runnable ended;
  private final Runnable endOfServer = this::serverEnds;

  /** The client is gone, or the transport has written everything. */
  private volatile boolean gone;

  private volatile boolean serverEnds;

  /** Written by the runs only. */
  private volatile boolean over;

  /**
   * The ends of a stream that was not begun.
   *
   * @param places bounds the streams of its kind
   * @param call asks for a run; any thread
   * @param ended called by a run when the stream ends, once, however it does; before the client is
   *     told, who is told also if it throws
   */
  StreamEnds(
      ServerCallStreamObserver<?> client,
      StreamPlaces places,
      OpenStreams streams,
      Runnable call,
      Runnable ended) {
    this.client = client;
    this.places = places;
    this.streams = streams;
    this.call = call;
    this.ended = ended;
  }

  /**
   * Begins; runs may be asked for from now on. Called once, by the handler itself.
   *
   * @throws io.millrace.common.MillraceException with THROTTLED if there are too many streams
   */
  void begin() {
    places.enter();
    client.setOnReadyHandler(call);
    client.setOnCancelHandler(this::gone);
    client.setOnCloseHandler(this::gone);
    streams.add(endOfServer);
  }

  /** The client has gone; any thread. */
  void gone() {
    gone = true;
    call.run();
  }

  private void serverEnds() {
    serverEnds = true;
    call.run();
  }

  /** Whether nobody reads any more, nor is anything of the call held; any thread. */
  boolean isGone() {
    return gone;
  }

  /** Whether nothing more is sent; any thread. */
  boolean isOver() {
    return over;
  }

  /** A run: does the work unless the stream has ended. */
  void run(Runnable work) {
    look();
    if (!over) {
      guard(work);
    }
  }

  /** Looks whether the stream ends from outside. */
  void look() {
    if (gone) {
      end();
    } else if (serverEnds && !over) {
      fail(OpenStreams.shuttingDown().exception());
    }
  }

  /** Does something that ends the stream if it throws. */
  void guard(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error thrown) {
      fail(thrown);
    }
  }

  /**
   * Ends the stream, and tells the client of an error unless it was told of an end before. What
   * nobody foresaw is logged in either case.
   *
   * @throws Error what was thrown, if it is one, but for want of the transport's memory, which ends
   *     the call
   */
  void fail(Throwable thrown) {
    boolean late = over;
    end();
    if (thrown instanceof Error error) {
      TransportErrors.endCall(client, error);
      return;
    }
    StatusRuntimeException status = RpcErrors.toStatus(thrown);
    if (!late) {
      client.onError(status);
    }
  }

  /** All was said. */
  void complete() {
    end();
    client.onCompleted();
  }

  private void end() {
    if (!over) {
      over = true;
      places.leave();
      streams.remove(endOfServer);
      giveBack();
    }
  }

  /**
   * Whoever ends the stream goes on: the client waits to be told, and further runs for this one.
   */
  private void giveBack() {
    try {
      ended.run();
    } catch (RuntimeException thrown) {
      LOG.error("not all that an ended stream held could be given back", thrown);
    }
  }
}
