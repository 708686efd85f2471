package io.millrace.it.simulation;

import io.millrace.common.TopicPartition;
import io.millrace.it.simulation.PartitionLedger.Ending;
import io.millrace.metadata.controller.ClusterCommand.AlterReassignments;
import io.millrace.metadata.controller.ClusterCommand.DrainBroker;
import io.millrace.metadata.controller.ClusterCommand.ElectLeaders;
import io.millrace.metadata.controller.ClusterCommand.ElectionType;
import io.millrace.metadata.controller.ClusterCommand.Reassignment;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.PartitionImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Whoever makes the topics of a cluster and changes what there is to change. Confined to the
 * simulation's thread.
 */
final class ClusterAdmin {
  private static final long ASK_AGAIN_MS = 60;

  private final ClusterWorld world;
  private final SplittableRandom random;

  ClusterAdmin(ClusterWorld world, SplittableRandom random) {
    this.world = world;
    this.random = random;
  }

  /** Makes the topics, as soon as that can be. */
  void makeTopics() {
    if (world.feed().newest().brokers().values().stream().filter(b -> b.active()).count()
        == world.machines().size()) {
      for (ClusterSetup.Topic topic : world.setup().topics()) {
        if (world.partition(topic.number()).isEmpty()) {
          send(
              new CreateTopic(
                  topic.name(),
                  0,
                  0,
                  List.of(drawReplicas(topic.replicationFactor())),
                  topic.configs(),
                  RequestOptions.withId("make-" + topic.name())));
        }
      }
    }
    if (!allThere()) {
      world.time().schedule(ASK_AGAIN_MS, this::makeTopics);
    }
  }

  /** Whether all topics are there, and led. */
  boolean allThere() {
    return world.ledgers().stream()
        .allMatch(
            ledger ->
                world
                    .partition(ledger.number())
                    .filter(partition -> partition.leader() > 0)
                    .isPresent());
  }

  private List<Integer> drawReplicas(int count) {
    List<Integer> replicas = new ArrayList<>();
    for (int id = 1; id <= world.machines().size(); id++) {
      replicas.add(random.nextInt(replicas.size() + 1), id);
    }
    return replicas.subList(0, count);
  }

  private void send(Command command) {
    world.activeController().ifPresent(node -> node.submit(command, result -> {}));
  }

  /** Has leaders elected where nobody who has all that was committed will come back. */
  void mendWhatIsStuck() {
    for (ReplicaLedger ledger : world.ledgers()) {
      if (ledger.isStuck()) {
        world.trace().add("the administrator has a leader of %s elected", ledger);
        ledger.force();
        send(
            new ElectLeaders(
                ElectionType.UNCLEAN,
                List.of(new TopicPartition(ledger.toString(), 0)),
                RequestOptions.NONE));
      }
    }
  }

  /**
   * Starts brokers again whose replica is still assigned to a disk that is gone, while others lead:
   * it is made anew when they register.
   */
  void restartWhoLacksADirectory() {
    for (ReplicaLedger ledger : world.ledgers()) {
      PartitionImage partition = world.partition(ledger.number()).orElseThrow();
      for (int broker : partition.replicas()) {
        UUID directory = partition.directoryOf(broker);
        boolean known =
            directory.equals(PartitionImage.UNASSIGNED)
                || world
                    .feed()
                    .newest()
                    .broker(broker)
                    .filter(each -> each.directories().contains(directory))
                    .isPresent();
        if (!known && partition.leader() != PartitionImage.NO_BROKER) {
          world.machine(broker).end(Ending.KILLED, false);
        }
      }
    }
  }

  /** Some change, which may be refused. */
  void changeSomething() {
    Command command = draw(random.nextInt(world.ledgers().size()));
    world.trace().add("the administrator asks: %s", command);
    send(command);
  }

  private Command draw(int topic) {
    String name = "t" + topic;
    RequestOptions options = RequestOptions.NONE;
    return switch (random.nextInt(8)) {
      case 0 -> configure(name, "min.insync.replicas", "" + (1 + random.nextInt(2)));
      case 1, 2 -> configure(name, "flush.mode", random.nextBoolean() ? "os" : "commit");
      case 3 ->
          new DrainBroker(
              1 + random.nextInt(world.machines().size()), random.nextBoolean(), options);
      case 4 -> new ElectLeaders(ElectionType.PREFERRED, List.of(), options);
      default ->
          new AlterReassignments(
              List.of(
                  new Reassignment(
                      new TopicPartition(name, 0),
                      random.nextInt(5) == 0
                          ? Optional.empty()
                          : Optional.of(drawReplicas(2 + random.nextInt(2))))),
              options);
    };
  }

  private static Command configure(String topic, String key, String value) {
    return new AlterTopicConfigs(topic, Map.of(key, Optional.of(value)), RequestOptions.NONE);
  }
}
