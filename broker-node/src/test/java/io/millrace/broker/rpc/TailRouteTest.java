package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.rpc.FakeTailLegs.FakeLeg;
import io.millrace.common.ErrorCode;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.v1.TailResponse;
import io.millrace.proto.v1.TailStart;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A tail of two partitions, which brokers 1 and 2 lead, in virtual time. */
class TailRouteTest {
  private static final TailStart EARLIEST = TailStart.newBuilder().setEarliest(true).build();

  private final VirtualTime time = new VirtualTime();
  private final FakeTailLegs legs = new FakeTailLegs();
  private final InFlightBytes budget = InFlightBytes.total(1 << 20);
  private final List<String> seen = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();
  private MetadataImage image = ledBy(1, 2);

  @Test
  void eachLeaderHasOneLegThatBringsOneMessageAtATime() {
    TailRoute route = follow();
    assertThat(legs.opened).extracting(leg -> leg.leader).containsExactly(1, 2);
    assertThat(legs.opened).allMatch(leg -> leg.wanted == 1);

    leg(0).bring(0, 0, 2);
    assertThat(leg(0).wanted).as("before the client has taken it").isZero();
    assertThat(budget.used()).isPositive();

    read(route);
    assertThat(seen).containsExactly("0-0", "0-1");
    assertThat(leg(0).wanted).isEqualTo(1);
    assertThat(budget.used()).isZero();
  }

  @Test
  void S26_leaderThatMovesLosesAndRepeatsNothing() {
    TailRoute route = follow();
    leg(0).bring(0, 0, 3);
    read(route);
    leg(0).bring(0, 3, 2);
    leg(0).cut();
    image = ledBy(3, 2);
    read(route);
    time.advance(1_000);
    read(route);

    FakeLeg next = leg(2);
    assertThat(next.leader).isEqualTo(3);
    assertThat(next.parts).containsExactly(TailPart.rest(id(0), 5, TailPart.NO_END));
    next.bring(0, 4, 3);
    read(route);
    assertThat(seen).containsExactly("0-0", "0-1", "0-2", "0-3", "0-4", "0-5", "0-6");
    assertThat(errors).isEmpty();
  }

  @Test
  void partitionThatLosesItsLeaderLeavesTheOthersOfItsLegAlone() {
    image = ledBy(1, 1);
    TailRoute route = follow();
    leg(0).fail(0, ErrorCode.NOT_LEADER);
    read(route);
    image = ledBy(2, 1);
    time.advance(1_000);
    read(route);
    assertThat(leg(1).parts).extracting(TailPart::id).containsExactly(id(0));

    leg(0).bring(0, 7, 1);
    leg(0).bring(1, 0, 1);
    leg(1).bring(0, 0, 1);
    read(route);
    assertThat(seen).as("nothing of the old leader").containsExactly("1-0", "0-0");
    assertThat(errors).isEmpty();
  }

  @Test
  void errorThatDoesNotPassEndsThePartitionAlone() {
    TailRoute route = follow();
    leg(0).fail(0, ErrorCode.CORRUPT_BATCH);
    leg(1).bring(1, 0, 1);
    read(route);
    assertThat(errors).containsExactly("0 CORRUPT_BATCH");
    assertThat(seen).containsExactly("1-0");
    assertThat(route.isOver()).isFalse();
  }

  @Test
  void partitionThatNobodyServesEndsWithTheLastErrorAfterAWhile() {
    TailRoute route = follow();
    image = ledBy(0, 2);
    leg(0).cut();
    read(route);
    time.advance(29_000);
    read(route);
    assertThat(errors).isEmpty();
    time.advance(2_000);
    read(route);
    assertThat(errors).containsExactly("0 LEADER_NOT_AVAILABLE");
    assertThat(route.isOver()).isFalse();
  }

  @Test
  void stopsAtTheEndThatEachPartitionHadAtTheBeginning() {
    legs.highWatermark = 3;
    TailRoute route = route(TailPart.AT_HIGH_WATERMARK, Long.MAX_VALUE);
    read(route);
    leg(0).bring(0, 0, 5);
    read(route);
    assertThat(seen).containsExactly("0-0", "0-1", "0-2");
    assertThat(route.isOver()).isFalse();
    leg(1).bring(1, 0, 1);
    leg(1).bring(1, 4, 1);
    leg(1).complete();
    read(route);
    assertThat(seen).endsWith("1-0");
    assertThat(route.isOver()).isTrue();
    assertThat(errors).isEmpty();
  }

  @Test
  void maxRecordsHoldOverAllPartitions() {
    TailRoute route = route(TailPart.NO_END, 3);
    read(route);
    leg(0).bring(0, 0, 2);
    leg(1).bring(1, 0, 2);
    read(route);
    assertThat(seen).containsExactly("0-0", "0-1", "1-0");
    assertThat(route.isOver()).isTrue();
  }

  @Test
  void whatAClientDoesNotReadIsLetGoAndReadAgain() {
    TailRoute route = follow();
    leg(0).bring(0, 0, 2);
    route.letGo();
    assertThat(budget.used()).isZero();
    assertThat(legs.opened).allMatch(leg -> leg.cancelled);
    route.proceed(false);
    assertThat(legs.opened).hasSize(2);

    read(route);
    assertThat(leg(2).parts).containsExactly(TailPart.rest(id(0), 0, TailPart.NO_END));
    leg(2).bring(0, 0, 2);
    read(route);
    assertThat(seen).containsExactly("0-0", "0-1");
  }

  @Test
  void nothingIsHeldOfWhatComesAfterTheEnd() {
    TailRoute route = follow();
    leg(0).bring(0, 0, 2);
    route.close();
    leg(1).bring(1, 0, 2);
    assertThat(budget.used()).isZero();
    assertThat(legs.opened).allMatch(leg -> leg.cancelled);
  }

  @Test
  void nothingIsAskedForWithoutRoom() {
    budget.add(1 << 20);
    follow();
    assertThat(legs.opened).allMatch(leg -> leg.wanted == 0);
    budget.release(1 << 20);
    assertThat(legs.opened).allMatch(leg -> leg.wanted == 1);
  }

  private TailRoute follow() {
    TailRoute route = route(TailPart.NO_END, Long.MAX_VALUE);
    read(route);
    return route;
  }

  private TailRoute route(long end, long maxRecords) {
    List<TailPart> parts =
        IntStream.range(0, 2).mapToObj(i -> new TailPart(id(i), EARLIEST, end)).toList();
    return new TailRoute(
        legs,
        new PartitionLeaders(() -> image),
        time,
        time,
        new TailScope(parts, maxRecords, false),
        new TailLegs.Client(RequestContext.NONE, budget),
        () -> {});
  }

  private FakeLeg leg(int index) {
    return legs.opened.get(index);
  }

  /** Runs as a client does that takes everything. */
  private void read(TailRoute route) {
    for (int run = 0; run < 3; run++) {
      route.proceed(true);
      for (TailResponse each = route.next(); each != null; each = route.next()) {
        each.getRecordsList()
            .forEach(record -> seen.add(record.getPartition() + "-" + record.getOffset()));
        each.getErrorsList()
            .forEach(error -> errors.add(error.getPartition() + " " + Api.code(error.getError())));
      }
    }
  }

  private static MetadataImage ledBy(int first, int second) {
    return Images.withTopic(
        Images.of(0, 0),
        "orders",
        List.of(
            Images.partition(first, List.of(1, 2, 3), 2),
            Images.partition(second, List.of(1, 2, 3), 2)));
  }

  private static TopicIdPartition id(int partition) {
    UUID topic = ledBy(1, 2).topic("orders").orElseThrow().id();
    return new TopicIdPartition(topic, partition);
  }
}
