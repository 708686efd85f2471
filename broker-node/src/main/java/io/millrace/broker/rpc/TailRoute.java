package io.millrace.broker.rpc;

import io.millrace.broker.rpc.TailLegs.Leg;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.proto.internal.v1.TailBounds;
import io.millrace.proto.v1.ConsumedRecord;
import io.millrace.proto.v1.TailPartitionError;
import io.millrace.proto.v1.TailResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where a tail stands in its partitions, and the legs that bring it on: one for each leader, and
 * more while leaders move. Each partition is on one leg at most, and what a leg brings of it counts
 * only if it is the next: so nothing comes twice or is left out, whatever the leaders do.
 *
 * <p>Confined to the tail's runs, but for what legs tell, which waits in a queue for them.
 */
final class TailRoute {
  private static final long RETRY_MS = 100;

  /** A partition that nobody has served for so long ends with the last error. */
  private static final long PATIENCE_MS = 30_000;

  private static final long SERVED_MS = 5_000;

  private final TailLegs legs;
  private final PartitionLeaders leaders;
  private final Clock clock;
  private final Scheduler scheduler;
  private final TailLegs.Client client;
  private final Runnable run;

  /** The partitions that go on, by number. */
  private final Map<Integer, Place> places = new TreeMap<>();

  private final Set<Stretch> stretches = new HashSet<>();
  private final Queue<Runnable> told = new ConcurrentLinkedQueue<>();
  private final Queue<Arrived> arrived = new ConcurrentLinkedQueue<>();
  private final List<TailPartitionError> errors = new ArrayList<>();
  private long recordsLeft;
  private volatile boolean closed;

  /** A partition. */
  private static final class Place {
    final TailPart asked;

    /** The offset of the next record; -1 before it is known. */
    long next = -1;

    long end;

    /** Who is asked about it, or brings it on. */
    Optional<Stretch> on = Optional.empty();

    /** When it is looked for again. */
    long dueMs;

    /** Since when nobody serves it. */
    long strandedMs;

    Place(TailPart asked, long nowMs) {
      this.asked = asked;
      this.end = asked.endOffset();
      this.strandedMs = nowMs;
    }

    int number() {
      return asked.id().partition();
    }
  }

  /** A leader that is asked about some places, or a leg that brings them on. */
  private static final class Stretch {
    final long sinceMs;
    Optional<Leg> leg = Optional.empty();
    boolean over;

    /** Asks for one more message. */
    final Runnable ask = () -> leg.ifPresent(Leg::request);

    Stretch(long sinceMs) {
      this.sinceMs = sinceMs;
    }
  }

  /**
   * What a leg told.
   *
   * @param bytes of a message
   * @param take makes of it what the client is sent
   */
  private record Arrived(Stretch stretch, long bytes, Supplier<TailResponse> take) {}

  TailRoute(
      TailLegs legs,
      PartitionLeaders leaders,
      Clock clock,
      Scheduler scheduler,
      TailScope scope,
      TailLegs.Client client,
      Runnable run) {
    this.legs = legs;
    this.leaders = leaders;
    this.clock = clock;
    this.scheduler = scheduler;
    this.client = client;
    this.run = run;
    this.recordsLeft = scope.maxRecords();
    long now = clock.monotonicMs();
    scope.parts().forEach(part -> places.put(part.id().partition(), new Place(part, now)));
  }

  /**
   * Takes note of what was told, and looks for the leaders of partitions that have none.
   *
   * @param reads whether the client reads: for one that does not, nothing is opened
   * @throws MillraceException if the tail can't begin as asked
   */
  void proceed(boolean reads) {
    for (Runnable each = told.poll(); each != null; each = told.poll()) {
      each.run();
    }
    if (reads && begun()) {
      seek(place -> place.next >= 0);
    } else if (!begun()) {
      seek(place -> place.next < 0);
    }
  }

  /** Whether it is known of all partitions where they begin: until then none is read. */
  private boolean begun() {
    return places.values().stream().allMatch(place -> place.next >= 0);
  }

  private void seek(Predicate<Place> wanted) {
    long now = clock.monotonicMs();
    Map<BrokerImage, List<Place>> byLeader = new LinkedHashMap<>();
    for (Place place : List.copyOf(places.values())) {
      if (place.on.isPresent() || place.dueMs > now || !wanted.test(place)) {
        continue;
      }
      try {
        BrokerImage leader = leaders.require(place.asked.id());
        byLeader.computeIfAbsent(leader, id -> new ArrayList<>()).add(place);
      } catch (MillraceException nobody) {
        failed(place, nobody.error());
      }
    }
    byLeader.forEach(this::go);
  }

  private void go(BrokerImage leader, List<Place> at) {
    Stretch stretch = new Stretch(clock.monotonicMs());
    at.forEach(place -> place.on = Optional.of(stretch));
    try {
      if (at.get(0).next < 0) {
        find(leader, at, stretch);
      } else {
        open(leader, at, stretch);
      }
    } catch (MillraceException refused) {
      unserved(stretch, refused.error());
    }
  }

  private void find(BrokerImage leader, List<Place> at, Stretch stretch) {
    List<TopicIdPartition> ids = at.stream().map(place -> place.asked.id()).toList();
    var unused =
        legs.find(leader, ids, at.get(0).asked.start(), client)
            .handle(
                (bounds, thrown) -> {
                  tell(
                      thrown == null
                          ? () -> found(stretch, bounds)
                          : () -> unserved(stretch, RpcErrors.toError(thrown)));
                  return null;
                });
  }

  private void found(Stretch stretch, List<TailBounds> bounds) {
    for (TailBounds each : bounds) {
      Place place = places.get(each.getPartition());
      if (place == null || !isOn(place, stretch)) {
        continue;
      }
      place.on = Optional.empty();
      if (each.hasError()) {
        MillraceError error = RpcErrors.fromProto(each.getError());
        failed(place, error);
      } else {
        place.next = each.getOffset();
        place.strandedMs = Long.MAX_VALUE;
        if (place.end == TailPart.AT_HIGH_WATERMARK) {
          place.end = each.getHighWatermark();
        }
        finishIfAtEnd(place);
      }
    }
  }

  private void open(BrokerImage leader, List<Place> at, Stretch stretch) {
    List<TailPart> parts =
        at.stream().map(place -> TailPart.rest(place.asked.id(), place.next, place.end)).toList();
    stretches.add(stretch);
    Leg leg =
        legs.open(
            leader,
            parts,
            client,
            new TailLegs.Events() {
              @Override
              public void received(TailResponse message) {
                long bytes = message.getSerializedSize();
                client.budget().add(bytes);
                arrive(new Arrived(stretch, bytes, () -> taken(stretch, message)));
              }

              @Override
              public void ended(Optional<MillraceError> error) {
                arrive(new Arrived(stretch, 0, () -> TailRoute.this.ended(stretch, error)));
              }
            });
    stretch.leg = Optional.of(leg);
    client.budget().whenFree(stretch.ask);
  }

  private void arrive(Arrived news) {
    arrived.add(news);
    if (closed) {
      drop(any -> true);
    }
    run.run();
  }

  private void tell(Runnable news) {
    told.add(news);
    run.run();
  }

  /** The next message; null if there is none for now, or none any more. */
  @Nullable TailResponse next() {
    if (!errors.isEmpty()) {
      return errorsAlone();
    }
    Arrived next = recordsLeft == 0 ? null : arrived.poll();
    if (next == null) {
      return null;
    }
    client.budget().release(next.bytes());
    TailResponse message = next.take().get();
    if (!next.stretch().over) {
      client.budget().whenFree(next.stretch().ask);
    }
    return message;
  }

  private TailResponse taken(Stretch from, TailResponse arrivedMessage) {
    TailResponse.Builder message = TailResponse.newBuilder();
    for (ConsumedRecord record : arrivedMessage.getRecordsList()) {
      Place place = places.get(record.getPartition());
      if (recordsLeft > 0
          && place != null
          && isOn(place, from)
          && record.getOffset() >= place.next
          && record.getOffset() < place.end) {
        message.addRecords(record);
        recordsLeft--;
        place.next = record.getOffset() + 1;
        place.strandedMs = Long.MAX_VALUE;
        finishIfAtEnd(place);
      }
    }
    for (TailPartitionError error : arrivedMessage.getErrorsList()) {
      Place place = places.get(error.getPartition());
      if (place != null && isOn(place, from)) {
        leaves(place, from);
        failed(place, RpcErrors.fromProto(error.getError()));
      }
    }
    message.addAllErrors(errors);
    errors.clear();
    return message.build();
  }

  /**
   * A leader can't be asked, or has told all: those of its partitions that go on look for another.
   */
  private TailResponse ended(Stretch stretch, Optional<MillraceError> error) {
    forget(stretch);
    for (Place place : List.copyOf(places.values())) {
      if (isOn(place, stretch)) {
        leaves(place, stretch);
        if (error.isPresent()) {
          failed(place, error.get());
        } else {
          places.remove(place.number());
        }
      }
    }
    return errorsAlone();
  }

  /** Nobody could tell where the tail begins in these partitions. */
  private void unserved(Stretch stretch, MillraceError error) {
    for (Place place : List.copyOf(places.values())) {
      if (isOn(place, stretch)) {
        place.on = Optional.empty();
        failed(place, error);
      }
    }
  }

  private TailResponse errorsAlone() {
    TailResponse message = TailResponse.newBuilder().addAllErrors(errors).build();
    errors.clear();
    return message;
  }

  /** A leg that lasted has served the partition, even if nothing came. */
  private void leaves(Place place, Stretch stretch) {
    place.on = Optional.empty();
    if (stretch.leg.isPresent() && clock.monotonicMs() - stretch.sinceMs > SERVED_MS) {
      place.strandedMs = Long.MAX_VALUE;
    }
  }

  private void forget(Stretch stretch) {
    stretch.over = true;
    stretches.remove(stretch);
    client.budget().forget(stretch.ask);
  }

  /** Looks for the leader again, unless that can't help or was done for long enough. */
  private void failed(Place place, MillraceError error) {
    long now = clock.monotonicMs();
    place.strandedMs = Math.min(place.strandedMs, now);
    if (mayPass(place, error) && now - place.strandedMs < PATIENCE_MS) {
      place.dueMs = now + RETRY_MS;
      scheduler.schedule(RETRY_MS, run);
      return;
    }
    if (place.next < 0) {
      throw error.exception();
    }
    places.remove(place.number());
    errors.add(
        TailPartitionError.newBuilder()
            .setPartition(place.number())
            .setError(RpcErrors.toProto(error))
            .build());
  }

  private boolean mayPass(Place place, MillraceError error) {
    return switch (error.code()) {
      case NOT_LEADER,
          LEADER_NOT_AVAILABLE,
          FENCED_LEADER_EPOCH,
          UNKNOWN_LEADER_EPOCH,
          OFFSET_NOT_AVAILABLE,
          UNAVAILABLE,
          BROKER_NOT_AVAILABLE,
          THROTTLED ->
          true;
      case LOG_DIR_OFFLINE -> leaders.replicated(place.asked.id());
      case UNKNOWN_TOPIC_ID, UNKNOWN_PARTITION -> leaders.exists(place.asked.id());
      default -> false;
    };
  }

  private void finishIfAtEnd(Place place) {
    if (place.next >= place.end) {
      places.remove(place.number());
    }
  }

  /** Whether nothing more comes. */
  boolean isOver() {
    return recordsLeft == 0 || (places.isEmpty() && errors.isEmpty());
  }

  /** Whether it has messages in memory. */
  boolean holds() {
    return !arrived.isEmpty();
  }

  /** Gives up what was not sent, and the legs that brought it; it is read again. */
  void letGo() {
    List.copyOf(stretches).forEach(this::leave);
  }

  private void leave(Stretch stretch) {
    forget(stretch);
    stretch.leg.ifPresent(Leg::cancel);
    places.values().stream()
        .filter(place -> isOn(place, stretch))
        .forEach(place -> place.on = Optional.empty());
    drop(each -> each.stretch() == stretch);
  }

  private void drop(Predicate<Arrived> unwanted) {
    for (Arrived each : List.copyOf(arrived)) {
      if (unwanted.test(each) && arrived.remove(each)) {
        client.budget().release(each.bytes());
      }
    }
  }

  /** Ends the legs. What they tell after that is dropped. */
  void close() {
    closed = true;
    letGo();
    drop(any -> true);
  }

  private static boolean isOn(Place place, Stretch stretch) {
    return place.on.filter(on -> on == stretch).isPresent();
  }
}
