package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.rpc.Authorizer.Operation;
import io.millrace.broker.rpc.wire.FetchFrame;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.proto.v1.FetchPartition;
import io.millrace.proto.v1.FetchStreamOpen;
import io.millrace.proto.v1.FetchStreamRequest;
import io.millrace.proto.v1.PausePartition;
import io.millrace.proto.v1.SubscribePartition;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * One fetch stream. Everything happens in runs of {@link #pump} on the fetch threads, one at a
 * time, and all fields but the queues and flags are confined to them; the transport and the shards
 * only put something into a queue and ask for a run.
 */
final class FetchStreamSession {
  /** Messages in one run: a busy stream lets others onto the thread in between. */
  private static final int MESSAGES_PER_RUN = 16;

  private final FetchDeps deps;
  private final Access access;
  private final ServerCallStreamObserver<FetchFrame> client;
  private final SerialTask pump;
  private final StreamEnds ends;

  /** At most one: the next message is asked for when this one has been handled, see there. */
  private final Queue<FetchStreamRequest> inbox = new ConcurrentLinkedQueue<>();

  /** Subscriptions that may have something to send; each at most once. */
  private final Queue<FetchSubscription> ready = new ConcurrentLinkedQueue<>();

  private volatile boolean halfClosed;

  /** The records of the message that the transport has taken and, as far as told, not written. */
  private final ByteLease unwritten;

  private final RoomWait room;

  private final Map<Long, FetchSubscription> byId = new HashMap<>();
  private final Map<TopicIdPartition, FetchSubscription> byPartition = new HashMap<>();

  private boolean open;
  private ReadPosition.Reader reader = ReadPosition.Reader.OF_LEADER;
  private int maxMessageBytes;

  /** What the client still takes; below 0 after a first batch that was larger. */
  private long credits;

  private long lastSubscriptionId;

  /**
   * Makes a stream.
   *
   * @param budget for what is read and not written out yet
   */
  FetchStreamSession(
      FetchDeps deps, InFlightBytes budget, ServerCallStreamObserver<FetchFrame> client) {
    this.deps = deps;
    this.access = deps.access();
    this.client = client;
    this.pump = new SerialTask(deps.threads(), this::pump);
    this.ends = new StreamEnds(client, deps.places(), deps.streams(), pump::call, this::ended);
    this.unwritten = new ByteLease(budget);
    this.room = new RoomWait(budget, pump::call);
  }

  /**
   * Begins. Called once, by the handler itself.
   *
   * @return what the transport calls
   * @throws io.millrace.common.MillraceException with THROTTLED if there are too many streams
   */
  StreamObserver<FetchStreamRequest> start() {
    client.disableAutoRequest();
    ends.begin();
    client.request(1);
    return inbound();
  }

  private StreamObserver<FetchStreamRequest> inbound() {
    return new StreamObserver<>() {
      @Override
      public void onNext(FetchStreamRequest message) {
        inbox.add(message);
        pump.call();
      }

      @Override
      public void onError(Throwable thrown) {
        ends.gone();
      }

      @Override
      public void onCompleted() {
        halfClosed = true;
        pump.call();
      }
    };
  }

  private void pump() {
    boolean written = ends.isGone();
    ends.run(this::goOn);
    if (written) {
      unwritten.release();
    }
  }

  private void goOn() {
    if (client.isReady()) {
      unwritten.release();
    }
    handleInbox();
    sendWhatIsReady();
    if (halfClosed && inbox.isEmpty()) {
      ends.complete();
    }
  }

  /** Takes what the client sent, unless it does not read: what is answered would pile up here. */
  private void handleInbox() {
    while (client.isReady()) {
      FetchStreamRequest message = inbox.poll();
      if (message == null) {
        return;
      }
      handle(message);
      client.request(1);
    }
  }

  private void handle(FetchStreamRequest message) {
    if (!open && !message.hasOpen()) {
      throw Requests.invalid("message: " + message.getMessageCase() + " (expected: open first)");
    }
    switch (message.getMessageCase()) {
      case OPEN -> open(message.getOpen());
      case SUBSCRIBE -> subscribe(message.getSubscribe());
      case PAUSE -> pause(message.getPause());
      case UNSUBSCRIBE -> endSubscription(message.getUnsubscribe().getSubscriptionId());
      case CREDITS -> addCredits(message.getCredits().getBytes());
      case MESSAGE_NOT_SET -> throw Requests.invalid("message: none");
    }
  }

  private void open(FetchStreamOpen message) {
    if (open) {
      throw Requests.invalid("message: open (expected: once, as the first)");
    }
    open = true;
    credits = Requests.notNegative("credit_bytes", message.getCreditBytes());
    maxMessageBytes =
        FetchLimits.within(
            "max_message_bytes", message.getMaxMessageBytes(), deps.limits().streamMessageBytes());
    reader =
        new ReadPosition.Reader(
            FetchCall.committedOnly(message.getIsolationLevel()), message.getRack(), false);
  }

  private void subscribe(SubscribePartition message) {
    long id = message.getSubscriptionId();
    if (Long.compareUnsigned(id, lastSubscriptionId) <= 0) {
      throw Requests.invalid(
          "subscription_id: "
              + Long.toUnsignedString(id)
              + " (expected: > "
              + Long.toUnsignedString(lastSubscriptionId)
              + ")");
    }
    lastSubscriptionId = id;
    FetchPartition asked = message.getPartition();
    TopicIdPartition partition = Partitions.named(asked.getTopicId(), asked.getPartition());
    ReadPosition position = ReadPosition.of(asked, message.getStay() ? reader.staying() : reader);
    FetchSubscription before = byPartition.get(partition);
    if (before != null) {
      endSubscription(before.id());
    }
    if (byId.size() >= deps.limits().maxPartitions()) {
      throw Requests.invalid(
          "subscriptions: more than " + deps.limits().maxPartitions() + " (expected: fewer)");
    }
    Optional<MillraceError> refusal = access.refusal(Operation.READ, partition);
    Optional<PartitionHost> host = deps.partitions().find(partition);
    if (refusal.isPresent() || host.isEmpty()) {
      MillraceError why = refusal.orElseGet(() -> deps.partitions().whyNotHere(partition));
      send(FetchFrame.of(id, FetchPart.notHere(partition, why)));
      return;
    }
    int maxBytes = FetchLimits.within("max_bytes", asked.getMaxBytes(), maxMessageBytes);
    FetchSubscription subscription =
        new FetchSubscription(id, host.get(), position, maxBytes, this::isReady);
    byId.put(id, subscription);
    byPartition.put(partition, subscription);
    subscription.start();
  }

  /** Something may have changed for the subscription. On any thread. */
  private void isReady(FetchSubscription subscription) {
    ready.add(subscription);
    pump.call();
  }

  private void pause(PausePartition message) {
    FetchSubscription subscription = byId.get(message.getSubscriptionId());
    if (subscription != null) {
      subscription.pause(message.getPaused());
    }
  }

  private void addCredits(long bytes) {
    if (bytes < 1) {
      throw Requests.invalid("bytes: " + bytes + " (expected: >= 1)");
    }
    boolean without = credits <= 0;
    long sum = credits + bytes;
    credits = sum < credits ? Long.MAX_VALUE : sum;
    if (without && credits > 0) {
      byId.values().forEach(FetchSubscription::signal);
    }
  }

  private void sendWhatIsReady() {
    for (int sent = 0; client.isReady() && !room.waiting() && !ends.isOver(); ) {
      FetchSubscription subscription = ready.poll();
      if (subscription == null) {
        return;
      }
      subscription.taken();
      if (byId.get(subscription.id()) == subscription && serve(subscription)) {
        sent++;
      }
      if (sent == MESSAGES_PER_RUN) {
        pump.call();
        return;
      }
    }
  }

  /**
   * Sends one message of a subscription, if there is anything to send. The transport takes all of
   * it at once and is ready again when it has written nearly all: until then it is counted.
   */
  private boolean serve(FetchSubscription subscription) {
    int most = (int) Math.max(0, Math.min(credits, maxMessageBytes));
    if (most > 0 && !unwritten.tryTake(most)) {
      subscription.signal();
      room.begin();
      return false;
    }
    Optional<FetchSubscription.Message> message =
        subscription.next(deps.reader(), deps.memory(), most);
    int bytes = message.map(each -> each.frame().recordBytes()).orElse(0);
    unwritten.hold(bytes);
    if (message.isEmpty()) {
      return false;
    }
    credits -= bytes;
    send(message.get().frame());
    if (client.isReady()) {
      unwritten.release();
    }
    if (message.get().last()) {
      endSubscription(subscription.id());
    } else if (bytes > 0) {
      subscription.signal();
    }
    return true;
  }

  /** When this returns, the transport has copied the records, or taken their memory over. */
  private void send(FetchFrame frame) {
    try {
      client.onNext(frame);
    } finally {
      frame.release();
    }
  }

  private void endSubscription(long id) {
    FetchSubscription subscription = byId.remove(id);
    if (subscription != null) {
      byPartition.remove(subscription.partition());
      subscription.close();
    }
  }

  private void ended() {
    room.end();
    byId.values().forEach(FetchSubscription::close);
    byId.clear();
    byPartition.clear();
    ready.clear();
    inbox.clear();
  }
}
