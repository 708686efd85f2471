package io.millrace.it.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.time.VirtualTime;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SimulatedNetworkTest {
  private static final int SEEDS = 200;

  private final VirtualTime time = new VirtualTime();
  private final List<Object> atNode = new ArrayList<>();
  private final List<Object> atClient = new ArrayList<>();

  private final SimulatedNetwork.Receiver node =
      new SimulatedNetwork.Receiver() {
        @Override
        public void receive(Connection from, Object message) {
          atNode.add(message);
          from.sendToClient(message);
        }

        @Override
        public void closed(Connection connection) {
          atNode.add("closed");
        }
      };

  private final SimulatedNetwork.Client client =
      new SimulatedNetwork.Client() {
        @Override
        public void receive(Object message) {
          atClient.add(message);
        }

        @Override
        public void closed() {
          atClient.add("closed");
        }
      };

  private SimulatedNetwork network(long seed) {
    atNode.clear();
    atClient.clear();
    return new SimulatedNetwork(time, new SplittableRandom(seed), new Trace(time), 5_000);
  }

  private void runAll() {
    while (time.runNext()) {
      // Both ends note what they get.
    }
  }

  @Test
  void aConnectionKeepsTheOrderOfMessagesBothWays() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Connection connection = network(seed).connect(node, client);
      IntStream.range(0, 20).forEach(connection::sendToNode);
      runAll();

      assertThat(atNode).containsExactlyElementsOf(IntStream.range(0, 20).boxed().toList());
      assertThat(atClient).isEqualTo(atNode);
    }
  }

  @Test
  void whatABrokenConnectionDeliversIsABeginningOfWhatWasSentAndThenItsEnd() {
    int lostSome = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      Connection connection = network(seed).connect(node, client);
      IntStream.range(0, 20).forEach(connection::sendToNode);
      time.scheduleMicros(3_000, connection::breakDown);
      runAll();

      int delivered = atNode.size() - 1;
      lostSome += delivered < 20 ? 1 : 0;
      assertThat(atNode.subList(0, delivered))
          .containsExactlyElementsOf(IntStream.range(0, delivered).boxed().toList());
      assertThat(atNode).last().isEqualTo("closed");
      assertThat(atClient).last().isEqualTo("closed");
    }
    assertThat(lostSome).isBetween(SEEDS / 10, SEEDS - SEEDS / 10);
  }

  @Test
  void aSilentConnectionDeliversNothingAndTellsNobodyUntilItIsHealed() {
    SimulatedNetwork network = network(1);
    Connection connection = network.connect(node, client);
    connection.fallSilent();
    connection.sendToNode("lost");
    runAll();
    assertThat(atNode).isEmpty();
    assertThat(atClient).isEmpty();

    network.heal();
    runAll();

    assertThat(atClient).containsExactly("closed");
  }

  @Test
  void aDeadNodeGetsNothingMore() {
    SimulatedNetwork network = network(1);
    Connection connection = network.connect(node, client);
    connection.sendToNode("under way");
    network.nodeDied(node);
    runAll();

    assertThat(atNode).isEmpty();
    assertThat(atClient).containsExactly("closed");
  }
}
