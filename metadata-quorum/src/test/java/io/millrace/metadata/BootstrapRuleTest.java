package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.BootstrapRule.Decision;
import io.millrace.metadata.NodeStanding.Voter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BootstrapRuleTest {
  private static final List<VoterAddress> VOTERS =
      List.of(VoterAddress.parse("1@a"), VoterAddress.parse("2@b"), VoterAddress.parse("3@c"));

  @Test
  void preparesOnlyWhenAllAnswerAndNoneHasBegun() {
    NodeStanding own = standing(2, Voter.UNFORMATTED, "");
    assertThat(decide(own, standing(1, Voter.UNFORMATTED, "")))
        .isInstanceOfSatisfying(
            Decision.Wait.class, wait -> assertThat(wait.why()).contains("[3@c:9652:9651]"));
    assertThat(decide(own, standing(1, Voter.UNFORMATTED, ""), standing(3, Voter.UNFORMATTED, "")))
        .isEqualTo(new Decision.Prepare("proposal-1"));
    assertThat(decide(own, standing(1, Voter.UNFORMATTED, ""), standing(3, Voter.PREPARED, "c")))
        .isEqualTo(new Decision.Prepare("c"));
  }

  /** A voter that lost its disk must not vote. */
  @Test
  void emptyNodeThatFindsOneThatHasBegunWaitsAndSaysWhatToRun() {
    NodeStanding own = standing(2, Voter.UNFORMATTED, "");
    assertThat(decide(own, standing(3, Voter.BEGUN, "c")))
        .isInstanceOfSatisfying(
            Decision.Wait.class,
            wait ->
                assertThat(wait.why())
                    .contains("millrace format --cluster-id c --node-id 2")
                    .contains("millrace quorum remove"));
  }

  @Test
  void preparedNodeBeginsWhenAllArePrepared() {
    NodeStanding own = standing(1, Voter.PREPARED, "c");
    assertThat(decide(own, standing(2, Voter.PREPARED, "c"))).isInstanceOf(Decision.Wait.class);
    assertThat(decide(own, standing(2, Voter.PREPARED, "c"), standing(3, Voter.UNFORMATTED, "")))
        .isInstanceOf(Decision.Wait.class);
    assertThat(decide(own, standing(2, Voter.PREPARED, "c"), standing(3, Voter.BEGUN, "c")))
        .isEqualTo(new Decision.Begin());
    assertThat(decide(standing(1, Voter.BEGUN, "c"))).isEqualTo(new Decision.Begin());
  }

  /** Its disk or its list is another cluster's; one stranger among the others is none of this. */
  @Test
  void nodeThatHasBegunRefusesWhereOnlyStrangersAnswer() {
    NodeStanding own = standing(1, Voter.BEGUN, "mine");
    NodeStanding stranger = standing(2, Voter.BEGUN, "other");
    assertRefused(decide(own, stranger), "belongs to the cluster other (expected: mine");
    assertThat(decide(own, stranger, standing(3, Voter.BEGUN, "mine")))
        .isEqualTo(new Decision.Begin());
    assertThat(decide(own, standing(2, Voter.UNFORMATTED, ""))).isEqualTo(new Decision.Begin());
  }

  @Test
  void refusesWhatContradictsItself() {
    NodeStanding own = standing(1, Voter.UNFORMATTED, "mine");
    assertRefused(
        BootstrapRule.decide(own, VOTERS, Map.of(2, standing(2, Voter.BEGUN, "other"))),
        "belongs to the cluster other (expected: mine");
    assertRefused(
        BootstrapRule.decide(own, VOTERS, Map.of(2, standing(3, Voter.UNFORMATTED, ""))),
        "says that b:9651 is node 2, but node 3 answers");
    NodeStanding otherList =
        new NodeStanding(2, "", "p", Voter.UNFORMATTED, List.of("2@b:9652:9651"), Optional.empty());
    assertRefused(
        BootstrapRule.decide(own, VOTERS, Map.of(2, otherList)),
        "quorum.voters differs: node 2 has [2@b:9652:9651]");
    assertRefused(
        decide(
            standing(1, Voter.UNFORMATTED, ""),
            standing(2, Voter.PREPARED, "x"),
            standing(3, Voter.PREPARED, "y")),
        "different clusters: [x, y]");
  }

  /**
   * Voters of a simulated cluster ask, miss answers, lose their disks and come back. One that lost
   * its disk after a majority had begun never begins again.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void voterThatLostItsDiskNeverBeginsOnceAMajorityHas(long seed) {
    for (int run = 0; run < 2_000; run++) {
      new Simulated(new Random(seed * 1_000_003 + run)).run();
    }
  }

  private static final class Simulated {
    private final Random random;
    private final Map<Integer, NodeStanding> disks = new HashMap<>();
    private final Set<Integer> lostAfterMajority = new HashSet<>();

    Simulated(Random random) {
      this.random = random;
      VOTERS.forEach(voter -> disks.put(voter.nodeId(), fresh(voter.nodeId())));
    }

    void run() {
      for (int step = 0; step < 60; step++) {
        int node = 1 + random.nextInt(3);
        if (random.nextInt(12) == 0) {
          loseDisk(node);
        } else {
          decide(node);
        }
      }
    }

    private NodeStanding fresh(int node) {
      return new NodeStanding(
          node,
          "",
          "proposal-" + random.nextInt(1_000),
          Voter.UNFORMATTED,
          VOTERS.stream().map(VoterAddress::toString).toList(),
          Optional.empty());
    }

    private void loseDisk(int node) {
      if (disks.values().stream().filter(disk -> disk.voter() == Voter.BEGUN).count() >= 2) {
        lostAfterMajority.add(node);
      } else if (!lostAfterMajority.isEmpty()) {
        return; // The majority itself would be lost.
      }
      disks.put(node, fresh(node));
    }

    private void decide(int node) {
      Map<Integer, NodeStanding> answers = new HashMap<>();
      disks.forEach(
          (other, standing) -> {
            if (other != node && random.nextInt(4) > 0) {
              answers.put(other, standing);
            }
          });
      NodeStanding own = disks.get(node);
      Decision decision = BootstrapRule.decide(own, VOTERS, answers);
      if (decision instanceof Decision.Prepare prepare) {
        disks.put(node, own.with(prepare.clusterId(), new UUID(1, node), Voter.PREPARED));
      } else if (decision instanceof Decision.Begin && own.voter() == Voter.PREPARED) {
        assertThat(lostAfterMajority).as("disks %s", disks).doesNotContain(node);
        disks.put(node, own.with(own.clusterId(), new UUID(1, node), Voter.BEGUN));
      }
    }
  }

  private static Decision decide(NodeStanding own, NodeStanding... others) {
    Map<Integer, NodeStanding> answers = new HashMap<>();
    for (NodeStanding other : others) {
      answers.put(other.nodeId(), other);
    }
    return BootstrapRule.decide(own, VOTERS, answers);
  }

  private static void assertRefused(Decision decision, String why) {
    assertThat(decision)
        .isInstanceOfSatisfying(
            Decision.Refuse.class, refused -> assertThat(refused.why()).contains(why));
  }

  private static NodeStanding standing(int node, Voter voter, String cluster) {
    List<String> voters = new ArrayList<>();
    VOTERS.forEach(each -> voters.add(each.toString()));
    return new NodeStanding(node, cluster, "proposal-" + node, voter, voters, Optional.empty());
  }
}
