package io.millrace.it.simulation;

import io.millrace.common.fault.FaultHandler;
import io.millrace.metadata.ControllerUpkeep;
import io.millrace.metadata.MetadataLog;
import io.millrace.metadata.QuorumRuntime;
import io.millrace.metadata.QuorumSettings;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerSessions;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.BrokerResult;
import io.millrace.metadata.controller.ControllerSettings;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.simulated.SimulatedQuorum;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Consumer;

/** A node with a controller that may be active. Confined to the simulation's thread. */
final class ControllerNode {
  private static final long MAX_TIMEOUT_MS = 1_500;
  private static final int REMEMBERED = 1_000;
  private static final ControllerUpkeep.Settings UPKEEP =
      new ControllerUpkeep.Settings(new BrokerSessions.Settings(600, 100, 50, 300), 200, 1_000);

  private final int id;
  private final ControllerWorld world;
  private final SimulatedQuorum quorum;
  private final SplittableRandom random;
  private final NodeTime time;
  private MetadataLog log;
  private QuorumRuntime runtime;
  private ControllerUpkeep upkeep;

  ControllerNode(
      int id,
      ControllerWorld world,
      SimulatedQuorum quorum,
      SplittableRandom random,
      NodeTime time) {
    this.id = id;
    this.world = world;
    this.quorum = quorum;
    this.random = random;
    this.time = time;
    this.log = quorum.join(id);
    this.runtime = newRuntime();
    this.upkeep = newUpkeep();
  }

  int id() {
    return id;
  }

  void start() {
    runtime.start();
    upkeep.start();
  }

  /** The process dies, and another one takes its place. */
  void restart() {
    world.trace().add("node %d restarts", id);
    world.stats().restarts++;
    upkeep.close();
    runtime.close();
    log = quorum.join(id);
    runtime = newRuntime();
    upkeep = newUpkeep();
    start();
  }

  MetadataImage image() {
    return log.image();
  }

  boolean isActive() {
    return runtime.isActiveController();
  }

  void submit(Command command, Consumer<CommandResult> answered) {
    var unused =
        runtime
            .submit(command, Duration.ofMillis(world.isWell() ? MAX_TIMEOUT_MS : timeoutMs()))
            .thenAccept(
                result -> {
                  if (result instanceof BrokerResult registered
                      && command instanceof Command.RegisterBroker register) {
                    upkeep.heard(register.brokerId(), registered.brokerEpoch());
                  }
                  answered.accept(result);
                });
    if (command instanceof BrokerHeartbeat heartbeat) {
      upkeep.heard(heartbeat.brokerId(), heartbeat.brokerEpoch());
    }
  }

  /** Now and then one that is over in the middle of a change that takes several entries. */
  private long timeoutMs() {
    return random.nextInt(4) == 0 ? 20 + random.nextInt(200) : MAX_TIMEOUT_MS;
  }

  void disconnected(int broker, long brokerEpoch) {
    upkeep.disconnected(broker, brokerEpoch);
  }

  private QuorumRuntime newRuntime() {
    return new QuorumRuntime(
        new QuorumSettings(id, 200, 400, 2_000),
        world
            .plants()
            .controller(
                ControllerSettings.DEFAULTS
                    .withTopics(new ControllerSettings.TopicDefaults(2, 2, 1, false))
                    .withBounds(world.maxEntryBytes(), REMEMBERED),
                () -> new UUID(random.nextLong(), random.nextLong()),
                world),
        log,
        time,
        time,
        time,
        throwing());
  }

  private ControllerUpkeep newUpkeep() {
    return new ControllerUpkeep(UPKEEP, runtime, time, time, this::dial, throwing());
  }

  /** A listener refuses a connection only if no process of the broker runs. */
  private void dial(BrokerImage broker, Runnable refused) {
    world
        .time()
        .schedule(
            world.delayMs(),
            () -> {
              if (!world.runs(broker.id())) {
                refused.run();
              }
            });
  }

  private static FaultHandler throwing() {
    return (message, cause) -> {
      throw new IllegalStateException(message, cause);
    };
  }
}
