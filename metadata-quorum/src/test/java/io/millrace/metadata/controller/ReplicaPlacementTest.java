package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerRegistration;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** S20: a replica set names no broker twice; leaders and replicas spread evenly over racks. */
final class ReplicaPlacementTest {
  @ParameterizedTest
  @CsvSource({"1,1", "3,1", "3,2", "3,3", "5,3", "6,3", "10,3", "10,10", "7,5"})
  void S20_leadersAndReplicasAreSpreadEvenly(int brokers, int replicationFactor) {
    int rounds = brokers * Math.max(1, brokers - 1);
    List<List<Integer>> placed =
        new ReplicaPlacement(brokers(brokers, 1)).place(0, rounds, replicationFactor);
    Map<Integer, Long> leaders =
        placed.stream().collect(Collectors.groupingBy(r -> r.get(0), Collectors.counting()));
    Map<Integer, Long> replicas =
        placed.stream()
            .flatMap(List::stream)
            .collect(Collectors.groupingBy(id -> id, Collectors.counting()));
    assertThat(placed).allMatch(set -> new HashSet<>(set).size() == replicationFactor);
    assertThat(new HashSet<>(leaders.values())).containsExactly((long) rounds / brokers);
    assertThat(new HashSet<>(replicas.values()))
        .containsExactly((long) rounds * replicationFactor / brokers);
  }

  @Test
  void S20_manySmallTopicsSpreadLikeOneLargeOne() {
    ReplicaPlacement placement = new ReplicaPlacement(brokers(5, 1));
    List<List<Integer>> apart = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      apart.addAll(placement.place(i, 1, 3));
    }
    assertThat(apart).isEqualTo(placement.place(0, 20, 3));
  }

  @Test
  void S20_leadersFollowersDiffer() {
    List<List<Integer>> placed = new ReplicaPlacement(brokers(5, 1)).place(0, 20, 2);
    Map<Integer, Set<Integer>> followers = new TreeMap<>();
    placed.forEach(
        set -> followers.computeIfAbsent(set.get(0), id -> new HashSet<>()).add(set.get(1)));
    assertThat(followers.values()).allMatch(of -> of.size() == 4);
  }

  @ParameterizedTest
  @CsvSource({"6,3,3", "6,2,2", "9,3,2", "5,3,3", "7,4,3"})
  void S20_replicasAreInDifferentRacksWhileThereAreAny(int brokers, int racks, int factor) {
    List<BrokerImage> all = brokers(brokers, racks);
    Map<Integer, String> rackOf =
        all.stream().collect(Collectors.toMap(BrokerImage::id, BrokerImage::rack));
    for (List<Integer> set : new ReplicaPlacement(all).place(0, 200, factor)) {
      assertThat(set.stream().map(rackOf::get).distinct().count())
          .isEqualTo(Math.min(racks, factor));
    }
  }

  /** As Kafka does: racks come before what lives, and what lives before what is fenced. */
  @ParameterizedTest
  @CsvSource({"3,1,3", "6,1,4", "6,1,5", "6,3,3", "6,2,2", "6,3,5", "2,1,2"})
  void S20_fencedBrokersNeverLeadAndAreTakenLastInTheirRacks(int brokers, int racks, int factor) {
    List<BrokerImage> all = brokers(brokers, racks, Set.of(2, 5));
    Map<Integer, BrokerImage> byId =
        all.stream().collect(Collectors.toMap(BrokerImage::id, each -> each));
    for (List<Integer> set : new ReplicaPlacement(all).place(0, 200, factor)) {
      assertThat(byId.get(set.get(0)).active()).isTrue();
      assertThat(set).doesNotHaveDuplicates().hasSize(factor);
      assertThat(set.stream().map(id -> byId.get(id).rack()).distinct().count())
          .isEqualTo(Math.min(racks, factor));
      for (int id : set) {
        if (!byId.get(id).active()) {
          assertThat(all)
              .as("another one of the rack could have been taken in place of " + id + ": " + set)
              .filteredOn(BrokerImage::active)
              .filteredOn(each -> each.rack().equals(byId.get(id).rack()))
              .allMatch(each -> set.contains(each.id()));
        }
      }
    }
  }

  @Test
  void S20_fencedBrokersShareWhatLiveOnesCannotTake() {
    List<List<Integer>> placed = new ReplicaPlacement(brokers(4, 1, Set.of(2, 3))).place(0, 200, 3);
    Map<Integer, Long> replicas =
        placed.stream()
            .flatMap(List::stream)
            .collect(Collectors.groupingBy(id -> id, Collectors.counting()));
    assertThat(replicas).isEqualTo(Map.of(1, 200L, 4, 200L, 2, 100L, 3, 100L));
  }

  private static List<BrokerImage> brokers(int count, int racks) {
    return brokers(count, racks, Set.of());
  }

  private static List<BrokerImage> brokers(int count, int racks, Set<Integer> fenced) {
    List<BrokerImage> brokers = new ArrayList<>();
    for (int id = 1; id <= count; id++) {
      brokers.add(
          new BrokerImage(
              id,
              new BrokerRegistration(1, new UUID(1, id), List.of()),
              new Endpoint("h", 1),
              Optional.empty(),
              racks == 1 ? "" : "rack" + id % racks,
              FeatureRange.SUPPORTED,
              fenced.contains(id) ? BrokerState.FENCED : BrokerState.ACTIVE));
    }
    return brokers;
  }
}
