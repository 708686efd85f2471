package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.common.TopicPartition;
import io.millrace.metadata.controller.ClusterCommand.AlterClusterConfigs;
import io.millrace.metadata.controller.ClusterCommand.AlterReassignments;
import io.millrace.metadata.controller.ClusterCommand.DrainBroker;
import io.millrace.metadata.controller.ClusterCommand.ElectLeaders;
import io.millrace.metadata.controller.ClusterCommand.ElectionType;
import io.millrace.metadata.controller.ClusterCommand.Reassignment;
import io.millrace.metadata.controller.Command.AdminCommand;
import io.millrace.metadata.controller.Command.AlterTopicConfigs;
import io.millrace.metadata.controller.Command.CreatePartitions;
import io.millrace.metadata.controller.Command.CreateTopic;
import io.millrace.metadata.controller.Command.DeleteTopic;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.CommandResult.TopicResult;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * An administrator who changes one thing after the other, each under a request id, and asks again
 * until there is an answer. What was answered must stay. Confined to the simulation's thread.
 */
final class AdminActor {
  private static final int COMMANDS = 18;
  private static final long PATIENCE_MS = 700;

  private final ControllerWorld world;
  private final SplittableRandom random;

  /** What must be there: the topics by name, with ids, and the last value that was set. */
  private final Map<String, UUID> topics = new TreeMap<>();

  private final Map<String, String> retention = new TreeMap<>();

  /** What must be gone. */
  private final Set<String> deleted = new TreeSet<>();

  private int done;
  private int attempt;
  private Optional<CommandResult> lastAnswer = Optional.empty();
  private Optional<AdminCommand> lastCommand = Optional.empty();

  AdminActor(ControllerWorld world, SplittableRandom random) {
    this.world = world;
    this.random = random;
  }

  void start() {
    world.time().schedule(100, this::next);
  }

  boolean isDone() {
    return done >= COMMANDS;
  }

  private void next() {
    if (isDone()) {
      return;
    }
    if (lastCommand.isPresent() && random.nextInt(4) == 0) {
      repeat(lastCommand.get(), lastAnswer.orElseThrow());
    }
    AdminCommand command = draw(RequestOptions.withId("request-" + done));
    begins(command);
    ask(command);
  }

  /** A repetition is answered as the first one was. */
  private void repeat(AdminCommand command, CommandResult first) {
    world.send(
        command,
        result -> {
          if (!(result instanceof Refused refused) || !refused.error().code().retriable()) {
            require(
                result.equals(first),
                "the repetition of %s is answered %s after %s",
                command,
                result,
                first);
          }
        });
  }

  private void ask(AdminCommand command) {
    int mine = ++attempt;
    world.stats().commands++;
    world.send(command, result -> answered(mine, command, result));
    world
        .time()
        .schedule(
            PATIENCE_MS,
            () -> {
              if (attempt == mine && !isDone()) {
                ask(command);
              }
            });
  }

  private void answered(int toAttempt, AdminCommand command, CommandResult result) {
    if (toAttempt != attempt) {
      return; // It is asked again by now: that answer counts.
    }
    if (result instanceof Refused refused && refused.error().code().retriable()) {
      return; // Asked again when the patience is over.
    }
    attempt++;
    world.trace().add("%s is answered %s", command, result);
    if (!(result instanceof Refused)) {
      ends(command, result);
      // Elections are not remembered: they may be repeated.
      lastCommand = Optional.of(command).filter(it -> !(it instanceof ElectLeaders));
      lastAnswer = Optional.of(result);
    } else {
      refused(command, result);
    }
    done++;
    world.time().schedule(random.nextInt(400), this::next);
  }

  /** From now on the command may take effect: what it may undo need not stay. */
  private void begins(AdminCommand command) {
    if (command instanceof DeleteTopic delete) {
      topics.remove(delete.topic());
      retention.remove(delete.topic());
    } else if (command instanceof AlterTopicConfigs alter) {
      retention.remove(alter.topic());
    }
  }

  private void ends(AdminCommand command, CommandResult result) {
    if (command instanceof CreateTopic create) {
      topics.put(create.topic(), ((TopicResult) result).topicId().orElseThrow());
    } else if (command instanceof AlterTopicConfigs alter) {
      Objects.requireNonNull(alter.changes().get("retention.ms"))
          .ifPresent(value -> retention.put(alter.topic(), value));
    } else if (command instanceof DeleteTopic delete) {
      deleted.add(delete.topic());
    }
  }

  private void refused(AdminCommand command, CommandResult result) {
    boolean may =
        !(command instanceof CreateTopic)
            || !((Refused) result).error().message().contains("exists already");
    require(may, "the new topic of %s is refused: %s", command, result);
  }

  /** Everything that was acknowledged is in the image. */
  void check(MetadataImage image) {
    topics.forEach(
        (name, id) ->
            require(
                image.topic(name).map(TopicImage::id).equals(Optional.of(id)),
                "topic %s [%s] was acknowledged, and the image at revision %d has %s",
                name,
                id,
                image.revision(),
                image.topic(name)));
    retention.forEach(
        (name, value) ->
            require(
                image
                    .topic(name)
                    .filter(topic -> value.equals(topic.configs().get("retention.ms")))
                    .isPresent(),
                "retention.ms %s of %s was acknowledged, and the image has %s",
                value,
                name,
                image.topic(name)));
    checkDeleted(image);
  }

  private void checkDeleted(MetadataImage image) {
    for (String name : deleted) {
      require(
          image.topic(name).isEmpty(),
          "the deletion of %s was acknowledged, and it is there",
          name);
    }
  }

  private AdminCommand draw(RequestOptions options) {
    List<String> names = new ArrayList<>(topics.keySet());
    if (names.size() < 4 || random.nextInt(6) == 0) {
      return create(options);
    }
    String topic = names.get(random.nextInt(names.size()));
    return switch (random.nextInt(10)) {
      case 0 -> new DeleteTopic(topic, Optional.empty(), options);
      case 1 ->
          new AlterTopicConfigs(
              topic, Map.of("retention.ms", Optional.of("" + (1_000 + done))), options);
      case 2 -> new CreatePartitions(topic, 8 + random.nextInt(4), options);
      case 3 ->
          new ElectLeaders(
              random.nextInt(3) == 0 ? ElectionType.UNCLEAN : ElectionType.PREFERRED,
              List.of(),
              options);
      case 4 ->
          new AlterClusterConfigs(
              Map.of("min.insync.replicas", Optional.of("" + (1 + random.nextInt(3)))), options);
      case 5, 6 ->
          new DrainBroker(1 + random.nextInt(world.brokerCount()), random.nextBoolean(), options);
      default -> reassign(topic, options);
    };
  }

  private CreateTopic create(RequestOptions options) {
    Map<String, String> configs =
        switch (random.nextInt(4)) {
          case 0 -> Map.of("min.insync.replicas", "2");
          case 1 -> Map.of("unclean.leader.election.enable", "true");
          default -> Map.of();
        };
    return new CreateTopic(
        "topic-" + done, 3 + random.nextInt(6), 1 + random.nextInt(3), configs, options);
  }

  private AdminCommand reassign(String topic, RequestOptions options) {
    List<Integer> replicas = new ArrayList<>();
    for (int id = 1; id <= world.brokerCount(); id++) {
      replicas.add(random.nextInt(replicas.size() + 1), id);
    }
    Optional<List<Integer>> target =
        random.nextInt(4) == 0
            ? Optional.empty()
            : Optional.of(replicas.subList(0, 1 + random.nextInt(3)));
    return new AlterReassignments(
        List.of(new Reassignment(new TopicPartition(topic, random.nextInt(3)), target)), options);
  }

  @Override
  public String toString() {
    return done + " of " + COMMANDS + " commands";
  }
}
