package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.millrace.common.time.Clock;
import io.millrace.proto.v1.TailResponse;

/**
 * A client's tail, wherever the leaders are: sends what the legs bring. Everything happens in runs
 * of {@link #pump} on the fetch threads, one at a time, and all fields but the queue are confined
 * to them.
 */
final class TailFront {
  /** Messages in one run: a busy tail lets others onto the thread in between. */
  private static final int STEPS_PER_RUN = 8;

  /** A client that reads takes a message within it: so long, what comes next stays in memory. */
  private static final long UNREAD_MS = 1_000;

  private final ServerCallStreamObserver<TailResponse> client;
  private final SerialTask pump;
  private final StreamEnds ends;
  private final UnreadTimer unread;
  private final TailRoute route;

  /** How many messages were sent. */
  private long sent;

  /**
   * Makes a tail.
   *
   * @param legs reads at the leaders
   * @param leaders says who leads
   */
  TailFront(
      FetchDeps deps,
      TailLegs legs,
      PartitionLeaders leaders,
      Clock clock,
      TailScope scope,
      InFlightBytes budget,
      ServerCallStreamObserver<TailResponse> client) {
    this.client = client;
    this.pump = new SerialTask(deps.threads(), this::pump);
    this.ends = new StreamEnds(client, deps.places(), deps.streams(), pump::call, this::ended);
    this.unread = new UnreadTimer(deps.scheduler(), UNREAD_MS, pump::call);
    this.route =
        new TailRoute(
            legs,
            leaders,
            clock,
            deps.scheduler(),
            scope,
            new TailLegs.Client(RequestContext.current(), budget),
            pump::call);
  }

  /** Begins. Called once, on the transport's thread. */
  void start() {
    ends.begin();
    pump.call();
  }

  private void pump() {
    ends.run(this::goOn);
  }

  private void goOn() {
    route.proceed(client.isReady());
    for (int steps = 0; client.isReady(); steps++) {
      TailResponse message = route.next();
      if (message == null) {
        if (route.isOver()) {
          ends.complete();
        }
        break;
      }
      if (message.getRecordsCount() > 0 || message.getErrorsCount() > 0) {
        sent++;
        client.onNext(message);
      }
      if (steps == STEPS_PER_RUN) {
        pump.call();
        return;
      }
    }
    if (!ends.isOver() && route.holds() && !client.isReady() && unread.unreadTooLong(sent)) {
      route.letGo();
    }
  }

  private void ended() {
    unread.stop();
    route.close();
  }
}
