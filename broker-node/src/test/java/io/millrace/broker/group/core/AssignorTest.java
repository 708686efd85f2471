package io.millrace.broker.group.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.group.core.AssignmentProblem.Consumer;
import io.millrace.broker.group.core.TopicsView.Topic;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What assignors must do with any problem; problems are drawn from seeds. */
final class AssignorTest {
  private static final List<String> RACKS = List.of("north", "south", "west");

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 200);
  }

  /** Members and topics to be changed and solved again. */
  private static final class Case {
    final Random random;
    final SortedMap<String, Topic> topics = new TreeMap<>();
    final SortedMap<String, Set<String>> subscriptions = new TreeMap<>();
    final Map<String, String> racks = new HashMap<>();
    Map<String, SortedSet<TopicIdPartition>> present = Map.of();

    Case(long seed, boolean alike, boolean withRacks) {
      random = new Random(seed);
      int topicCount = 1 + random.nextInt(5);
      for (int t = 0; t < topicCount; t++) {
        int partitions = 1 + random.nextInt(12);
        topics.put("t" + t, topic(t, partitions, withRacks));
      }
      int members = 1 + random.nextInt(8);
      for (int m = 0; m < members; m++) {
        add("m" + m, alike, withRacks);
      }
    }

    private Topic topic(int number, int partitions, boolean withRacks) {
      List<Set<String>> racksOf =
          withRacks ? Stream.generate(() -> Set.of(rack())).limit(partitions).toList() : List.of();
      return new Topic(new UUID(1, number), "t" + number, partitions, racksOf);
    }

    private String rack() {
      return RACKS.get(random.nextInt(RACKS.size()));
    }

    void add(String member, boolean alike, boolean withRacks) {
      Set<String> names = new HashSet<>(topics.keySet());
      if (!alike) {
        names.removeIf(name -> random.nextBoolean());
      }
      subscriptions.put(member, names);
      racks.put(member, withRacks ? rack() : "");
    }

    void remove(String member) {
      subscriptions.remove(member);
    }

    AssignmentProblem problem() {
      Set<String> read = new HashSet<>();
      subscriptions.values().forEach(read::addAll);
      SortedMap<String, Topic> all = new TreeMap<>(topics);
      all.keySet().retainAll(read);
      List<Consumer> consumers = new ArrayList<>();
      subscriptions.forEach(
          (id, names) ->
              consumers.add(
                  new Consumer(
                      id, id, racks.get(id), names, present.getOrDefault(id, Partitions.NONE))));
      return new AssignmentProblem(consumers, all);
    }

    Map<String, SortedSet<TopicIdPartition>> solve(Assignor assignor) {
      present = assignor.assign(problem());
      return present;
    }

    int partitions() {
      return topics.values().stream().mapToInt(Topic::partitionCount).sum();
    }

    int farPartitions() {
      AssignmentProblem problem = problem();
      int[] owners = problem.present();
      return (int)
          IntStream.range(0, owners.length)
              .filter(p -> owners[p] >= 0 && problem.isFar(p, owners[p]))
              .count();
    }
  }

  private static void checkComplete(Case problem) {
    Map<TopicIdPartition, String> owners = new HashMap<>();
    problem.present.forEach(
        (member, owned) ->
            owned.forEach(
                partition -> {
                  assertThat(owners.put(partition, member)).as("%s twice", partition).isNull();
                  String topic = "t" + partition.topicId().getLeastSignificantBits();
                  assertThat(problem.subscriptions.get(member)).contains(topic);
                }));
    Set<String> read = new HashSet<>();
    problem.subscriptions.values().forEach(read::addAll);
    int expected = read.stream().mapToInt(name -> problem.topics.get(name).partitionCount()).sum();
    assertThat(owners).hasSize(expected);
    assertThat(problem.present).containsOnlyKeys(problem.subscriptions.keySet());
  }

  private static int spread(Case problem) {
    var sizes = problem.present.values().stream().mapToInt(Set::size).summaryStatistics();
    return sizes.getMax() - sizes.getMin();
  }

  private static int moved(
      Map<String, SortedSet<TopicIdPartition>> before,
      Map<String, SortedSet<TopicIdPartition>> after) {
    int moved = 0;
    for (var entry : after.entrySet()) {
      Set<TopicIdPartition> gained = new HashSet<>(entry.getValue());
      gained.removeAll(before.getOrDefault(entry.getKey(), Partitions.NONE));
      moved += gained.size();
    }
    return moved;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void everyPartitionHasOneOwnerThatSubscribesToIt(long seed) {
    for (Assignor assignor : Assignors.BY_NAME.values()) {
      Case problem = new Case(seed, seed % 2 == 0, seed % 3 == 0);
      problem.solve(assignor);
      checkComplete(problem);
      problem.add("new", false, seed % 3 == 0);
      problem.solve(assignor);
      checkComplete(problem);
      problem.remove("m0");
      problem.solve(assignor);
      checkComplete(problem);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void uniformAndRoundRobinAreEvenAmongMembersThatAreAlike(long seed) {
    for (Assignor assignor : List.of(new UniformAssignor(), new RoundRobinAssignor())) {
      Case problem = new Case(seed, true, seed % 2 == 0);
      problem.solve(assignor);
      assertThat(spread(problem)).isLessThanOrEqualTo(1);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void uniformMovesNoMoreThanItMustWhenAMemberJoinsOrLeaves(long seed) {
    Case problem = new Case(seed, true, seed % 2 == 0);
    var before = problem.solve(new UniformAssignor());
    problem.add("another", true, seed % 2 == 0);
    var joined = problem.solve(new UniformAssignor());
    assertThat(spread(problem)).isLessThanOrEqualTo(1);
    assertThat(moved(before, joined))
        .isEqualTo(problem.partitions() / problem.subscriptions.size())
        .isEqualTo(joined.get("another").size());
    problem.remove("m0");
    var left = problem.solve(new UniformAssignor());
    assertThat(spread(problem)).isLessThanOrEqualTo(1);
    assertThat(moved(joined, left)).isEqualTo(joined.get("m0").size());
    assertThat(moved(left, problem.solve(new UniformAssignor()))).isZero();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void uniformIsAsEvenAsSubscriptionsAllow(long seed) {
    Case problem = new Case(seed, false, false);
    problem.solve(new UniformAssignor());
    problem.add("another", false, false);
    problem.remove("m1");
    problem.solve(new UniformAssignor());
    AssignmentProblem solved = problem.problem();
    int[] owners = solved.present();
    int[] loads = new int[solved.members()];
    for (int owner : owners) {
      loads[owner]++;
    }
    // Whoever can be reached by handing partitions on has at most one less.
    for (int from = 0; from < solved.members(); from++) {
      for (int member : reachable(solved, owners, from)) {
        assertThat(loads[member]).isGreaterThanOrEqualTo(loads[from] - 1);
      }
    }
  }

  private static Set<Integer> reachable(AssignmentProblem problem, int[] owners, int from) {
    Set<Integer> reached = new HashSet<>(Set.of(from));
    boolean grown = true;
    while (grown) {
      grown = false;
      for (int p = 0; p < owners.length; p++) {
        if (reached.contains(owners[p])) {
          for (int member : problem.subscribers(problem.topicOf(p))) {
            grown |= reached.add(member);
          }
        }
      }
    }
    return reached;
  }

  @Test
  void rangeGivesTheSameNumbersOfTopicsOfTheSameSize() {
    Case problem = new Case(1, true, false);
    problem.topics.clear();
    problem.topics.put("t0", problem.topic(0, 5, false));
    problem.topics.put("t1", problem.topic(1, 5, false));
    problem.subscriptions.clear();
    List.of("m0", "m1").forEach(id -> problem.add(id, true, false));
    problem.solve(new RangeAssignor());
    assertThat(numbers(problem, "m0", 0)).containsExactly(0, 1, 2);
    assertThat(numbers(problem, "m0", 1)).containsExactly(0, 1, 2);
    assertThat(numbers(problem, "m1", 1)).containsExactly(3, 4);
  }

  private static List<Integer> numbers(Case problem, String member, long topic) {
    return problem.present.get(member).stream()
        .filter(partition -> partition.topicId().getLeastSignificantBits() == topic)
        .map(TopicIdPartition::partition)
        .toList();
  }

  @Test
  void everyAssignorKeepsReadersNearWhenThatCostsNoBalance() {
    for (Assignor assignor : Assignors.BY_NAME.values()) {
      Case problem = new Case(1, true, true);
      problem.topics.clear();
      List<Set<String>> racks =
          IntStream.range(0, 12).mapToObj(p -> Set.of(RACKS.get(p % 3))).toList();
      problem.topics.put("t0", new Topic(new UUID(1, 0), "t0", 12, racks));
      problem.subscriptions.clear();
      for (int m = 0; m < 6; m++) {
        problem.add("m" + m, true, true);
        problem.racks.put("m" + m, RACKS.get(m / 2));
      }
      problem.solve(assignor);
      assertThat(problem.farPartitions()).as(assignor.name()).isZero();
      assertThat(spread(problem)).as(assignor.name()).isZero();
    }
  }

  @Test
  void manyMembersAndPartitionsAreSharedQuickly() {
    for (Assignor assignor : Assignors.BY_NAME.values()) {
      Case problem = new Case(1, true, true);
      problem.topics.clear();
      problem.subscriptions.clear();
      for (int t = 0; t < 100; t++) {
        problem.topics.put("t" + t, problem.topic(t, 100, true));
      }
      for (int m = 0; m < 1_000; m++) {
        problem.add("m" + m, true, true);
      }
      problem.solve(assignor);
      problem.add("another", true, true);
      problem.solve(assignor);
      checkComplete(problem);
    }
  }
}
