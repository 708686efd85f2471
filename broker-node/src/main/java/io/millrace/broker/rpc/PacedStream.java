package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.time.Scheduler;
import io.millrace.common.time.Scheduler.Cancellable;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A server stream that makes its next message when the client can take it, so that none waits in
 * memory. A client that takes nothing for {@value #UNREAD_MS} ms while there is something for it is
 * cut. Everything happens in runs of {@link #pump} on an executor, one at a time; what the messages
 * are made of is confined to them.
 */
final class PacedStream<A> {
  /** How long a client may leave a message unread. */
  static final long UNREAD_MS = 30_000;

  /** Messages in one run: a long stream lets others onto the thread in between. */
  private static final int STEPS_PER_RUN = 8;

  /** Makes the messages; called by the runs only. */
  interface Messages<A> {
    /** The next message; empty if there is none now. */
    Optional<A> next();

    /** Whether no message will come any more, after {@link #next} was empty. */
    boolean complete();

    /** What a client that is cut is told besides the reason, such as where to go on. */
    String whereToGoOn();

    /** The stream has ended, however it did. */
    default void ended() {}
  }

  /**
   * What all streams of a server have in common.
   *
   * @param threads where messages are made
   * @param places bounds the streams
   */
  record Deps(Executor threads, Scheduler scheduler, StreamPlaces places, OpenStreams streams) {}

  private final Deps deps;
  private final ServerCallStreamObserver<A> client;
  private final Messages<A> messages;
  private final SerialTask pump;
  private final StreamEnds ends;

  /** Set by the timer when the client was not ready all the time since {@link #sent} was so. */
  private volatile boolean unread;

  private volatile Cancellable timer = () -> {};

  /** How many messages were sent; read by the timer. */
  private final AtomicLong sent = new AtomicLong();

  PacedStream(Deps deps, ServerCallStreamObserver<A> client, Messages<A> messages) {
    this.deps = deps;
    this.client = client;
    this.messages = messages;
    this.pump = new SerialTask(deps.threads(), this::pump);
    this.ends = new StreamEnds(client, deps.places(), deps.streams(), pump::call, this::ended);
  }

  /**
   * Begins. Called once, by the handler itself.
   *
   * @throws io.millrace.common.MillraceException with THROTTLED if there are too many streams
   */
  void start() {
    ends.begin();
    look(-1);
    pump.call();
  }

  /** There may be something new; any thread. */
  void wake() {
    pump.call();
  }

  /** Looks whether the client has taken anything since the last time. */
  private void look(long before) {
    if (ends.isGone() || ends.isOver()) {
      return;
    }
    long now = sent.get();
    if (now == before && !client.isReady()) {
      unread = true;
      pump.call();
    } else {
      timer = deps.scheduler().schedule(UNREAD_MS, () -> look(now));
    }
  }

  private void pump() {
    ends.run(this::goOn);
  }

  private void goOn() {
    if (unread && client.isReady()) {
      unread = false;
      look(sent.get());
    }
    if (unread) {
      throw new MillraceError(
              ErrorCode.THROTTLED,
              "the client has read nothing for "
                  + UNREAD_MS / 1_000
                  + " s"
                  + messages.whereToGoOn())
          .exception();
    }
    send();
  }

  private void send() {
    for (int steps = 0; client.isReady(); steps++) {
      if (steps == STEPS_PER_RUN) {
        pump.call();
        return;
      }
      Optional<A> message = messages.next();
      if (message.isPresent()) {
        client.onNext(message.get());
        sent.incrementAndGet();
      } else {
        if (messages.complete()) {
          ends.complete();
        }
        return;
      }
    }
  }

  private void ended() {
    timer.cancel();
    messages.ended();
  }
}
