package io.millrace.broker.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.proto.v1.TailPartitionError;
import io.millrace.proto.v1.TailResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * One tail of partitions that this broker leads. Everything happens in runs of {@link #pump} on the
 * fetch threads, one at a time, and all fields but the queue and the flags are confined to them.
 */
final class TailSession {
  /** Records are put into messages of about this size. */
  private static final int MESSAGE_BYTES = 256 << 10;

  private static final int MESSAGE_RECORDS = 4_096;

  /** Messages in one run: a busy tail lets others onto the thread in between. */
  private static final int STEPS_PER_RUN = 8;

  /** A client that reads takes a message within it: so long, what comes next stays in memory. */
  private static final long UNREAD_MS = 1_000;

  private final FetchDeps deps;
  private final TailScope scope;

  /** Partitions that could not be begun, for the first message. */
  private final List<TailPartitionError> notBegun = new ArrayList<>();

  private final ServerCallStreamObserver<TailResponse> client;
  private final SerialTask pump;
  private final StreamEnds ends;
  private final Queue<TailCursor> ready = new ConcurrentLinkedQueue<>();
  private final RoomWait room;

  private final List<TailCursor> cursors = new ArrayList<>();

  /** The records that may still be sent; {@link Long#MAX_VALUE} for no bound. */
  private long recordsLeft;

  /** The one that has something in memory, or had no room for it: it goes on first. */
  private @Nullable TailCursor inHand;

  /** What {@link #inHand} has in memory. */
  private final ByteLease memory;

  /** The message that the transport has taken and, as far as told, not written. */
  private final ByteLease unwritten;

  private final UnreadTimer unread;

  /** How many messages were sent. */
  private long sent;

  private boolean started;

  /**
   * Makes a tail.
   *
   * @param budget for what is read and unpacked and not sent yet
   */
  TailSession(
      FetchDeps deps,
      InFlightBytes budget,
      TailScope scope,
      ServerCallStreamObserver<TailResponse> client) {
    this.deps = deps;
    this.memory = new ByteLease(budget);
    this.unwritten = new ByteLease(budget);
    this.scope = scope;
    this.client = client;
    this.pump = new SerialTask(deps.threads(), this::pump);
    this.ends = new StreamEnds(client, deps.places(), deps.streams(), pump::call, this::ended);
    this.room = new RoomWait(budget, pump::call);
    this.unread = new UnreadTimer(deps.scheduler(), UNREAD_MS, pump::call);
    this.recordsLeft = scope.maxRecords();
  }

  /** Begins. Called once, on the transport's thread. */
  void start() {
    for (TailPart part : scope.parts()) {
      orAlone(
          part.id().partition(),
          () ->
              cursors.add(
                  new TailCursor(deps.partitions().require(part.id()), part, this::isReady)));
    }
    ends.begin();
    pump.call();
  }

  private void isReady(TailCursor cursor) {
    ready.add(cursor);
    pump.call();
  }

  private void pump() {
    boolean written = ends.isGone();
    ends.run(this::goOn);
    if (written) {
      unwritten.release();
    }
  }

  private void goOn() {
    if (!started) {
      started = true;
      begin();
    }
    send();
    letGoUnlessRead();
  }

  private void begin() {
    for (TailCursor cursor : List.copyOf(cursors)) {
      if (!orAlone(cursor.partition(), () -> cursor.begin(deps.reader()))) {
        cursors.remove(cursor);
      }
    }
    // All or nothing, unless asked otherwise: a tail that can't begin is refused, not cut.
    cursors.forEach(TailCursor::follow);
  }

  /** Does something for a partition; if it fails alone, that is told by the first message. */
  private boolean orAlone(int partition, Runnable work) {
    try {
      work.run();
      return true;
    } catch (MillraceException refused) {
      if (!scope.eachAlone()) {
        throw refused;
      }
      notBegun.add(partitionError(partition, refused.error()));
      return false;
    }
  }

  private void send() {
    for (int steps = 0; client.isReady(); steps++) {
      unwritten.release();
      if (!notBegun.isEmpty()) {
        send(TailResponse.newBuilder().addAllErrors(notBegun).build());
        notBegun.clear();
        continue;
      }
      if (recordsLeft == 0 || cursors.stream().allMatch(TailCursor::atEnd)) {
        ends.complete();
        return;
      }
      if (room.waiting() || (inHand == null && ready.isEmpty())) {
        return;
      }
      if (steps == STEPS_PER_RUN) {
        pump.call();
        return;
      }
      TailResponse message = nextMessage();
      if (message.getRecordsCount() > 0 || message.getErrorsCount() > 0) {
        send(message);
      }
    }
  }

  private void send(TailResponse message) {
    unwritten.hold(message.getSerializedSize());
    sent++;
    client.onNext(message);
  }

  /** What waits for a client that does not read is read again when it does: others need memory. */
  private void letGoUnlessRead() {
    if (inHand != null && inHand.loaded() && !client.isReady() && unread.unreadTooLong(sent)) {
      inHand.letGo(memory);
    }
  }

  /** A message of what can be read now; empty if that is nothing, which may be the end. */
  private TailResponse nextMessage() {
    TailResponse.Builder message = TailResponse.newBuilder();
    int bytes = 0;
    while (bytes < MESSAGE_BYTES
        && message.getRecordsCount() < MESSAGE_RECORDS
        && recordsLeft > 0
        && !room.waiting()) {
      TailCursor cursor = nextCursor();
      if (cursor == null) {
        break;
      }
      int most = (int) Math.min(recordsLeft, MESSAGE_RECORDS - message.getRecordsCount());
      try {
        TailCursor.Taken taken =
            cursor.take(deps, memory, most, MESSAGE_BYTES - bytes, message::addRecords);
        bytes += taken.bytes();
        recordsLeft -= taken.records();
        goOn(cursor, taken.noRoom());
      } catch (MillraceException failed) {
        message.addErrors(partitionError(cursor.partition(), failed.error()));
        giveUp(cursor);
      }
    }
    return message.build();
  }

  private @Nullable TailCursor nextCursor() {
    TailCursor cursor = inHand;
    if (cursor == null) {
      cursor = ready.poll();
      if (cursor != null) {
        cursor.taken();
      }
    }
    return cursor;
  }

  private void goOn(TailCursor cursor, boolean noRoom) {
    inHand = cursor.loaded() || noRoom ? cursor : null;
    if (noRoom) {
      room.begin();
    } else if (inHand == null && cursor.more()) {
      cursor.signal();
    }
  }

  private void giveUp(TailCursor cursor) {
    cursor.close();
    memory.release();
    inHand = null;
  }

  private static TailPartitionError partitionError(int partition, MillraceError error) {
    return TailPartitionError.newBuilder()
        .setPartition(partition)
        .setError(RpcErrors.toProto(error))
        .build();
  }

  private void ended() {
    unread.stop();
    cursors.forEach(TailCursor::close);
    ready.clear();
    inHand = null;
    room.end();
    memory.release();
  }
}
