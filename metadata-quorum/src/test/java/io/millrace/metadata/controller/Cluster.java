package io.millrace.metadata.controller;

import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerCommand.FenceBroker;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.controller.ControllerPlan.Step;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.ReplicatedImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/** A controller whose entries take effect at once. */
public final class Cluster {
  private static final long EPOCH = 1;

  private final ReplicatedImage image = new ReplicatedImage(MetadataImage.EMPTY);
  private final List<MetadataEntry> log = new ArrayList<>();
  private final Controller controller;
  private long wallMs = 1_700_000_000_000L;

  public Cluster(ControllerSettings settings, long seed) {
    Random random = new Random(seed);
    controller = new Controller(settings, () -> new UUID(random.nextLong(), random.nextLong()));
    commit(controller.activation(image.image(), 1));
  }

  /** A cluster of one broker with the default settings. */
  public static Cluster ofOneBroker() {
    Cluster cluster = new Cluster(ControllerSettings.DEFAULTS, 1);
    cluster.start(1);
    return cluster;
  }

  /** Registers first processes of brokers, and lets them lead. */
  public Cluster start(int... brokers) {
    for (int id : brokers) {
      start(register(id, ""));
    }
    return this;
  }

  /** Registers a process and lets it lead. */
  public long start(RegisterBroker registration) {
    CommandResult result = run(registration);
    if (!(result instanceof CommandResult.BrokerResult registered)) {
      throw new AssertionError(result);
    }
    run(heartbeat(registration.brokerId()));
    run(new UpkeepCommand.ElectOffline());
    return registered.brokerEpoch();
  }

  /** A heartbeat of a broker that wants to lead and knows all. */
  public BrokerHeartbeat heartbeat(int broker) {
    return BrokerHeartbeat.of(broker, epoch(broker), image().revision());
  }

  /** Loses a broker's session. */
  public void fence(int... brokers) {
    for (int id : brokers) {
      run(new FenceBroker(id, epoch(id)));
    }
  }

  /** The epoch of a broker's registration. */
  public long epoch(int broker) {
    return image().broker(broker).orElseThrow().epoch();
  }

  /** A partition of a topic. */
  public PartitionImage partition(String topic, int number) {
    return image().topic(topic).orElseThrow().partitions().get(number);
  }

  /** A registration of a process that found something else than a clean start. */
  public static RegisterBroker register(int id, long process, BrokerStart start) {
    RegisterBroker clean = register(id, "", process);
    return new RegisterBroker(
        id,
        clean.incarnationId(),
        clean.clientEndpoint(),
        clean.internalEndpoint(),
        clean.rack(),
        clean.features(),
        start);
  }

  /** A registration of a broker's first process. */
  public static RegisterBroker register(int id, String rack) {
    return register(id, rack, 1);
  }

  /** A registration of one of a broker's processes. */
  public static RegisterBroker register(int id, String rack, long process) {
    return new RegisterBroker(
        id,
        new UUID(id, process),
        new Endpoint("broker-" + id, 9650),
        Optional.of(new Endpoint("broker-" + id, 9651)),
        rack,
        FeatureRange.SUPPORTED,
        BrokerStart.clean(List.of(directory(id))));
  }

  /** A broker's only directory. */
  public static UUID directory(int broker) {
    return new UUID(99, broker);
  }

  public MetadataImage image() {
    return image.image();
  }

  /** Every entry so far. */
  public List<MetadataEntry> log() {
    return log;
  }

  public void passTime(long millis) {
    wallMs += millis;
  }

  /** Carries out a command. */
  public CommandResult run(Command command) {
    return runAll(List.of(command)).get(0);
  }

  /** Carries out commands that wait together. */
  public List<CommandResult> runAll(List<Command> commands) {
    List<Command> waiting = new ArrayList<>(commands);
    List<Integer> places = new ArrayList<>();
    List<CommandResult> results = new ArrayList<>();
    for (int i = 0; i < commands.size(); i++) {
      places.add(i);
      results.add(null);
    }
    while (!waiting.isEmpty()) {
      ControllerPlan plan = plan(waiting);
      commit(plan.records());
      for (int i = plan.steps().size() - 1; i >= 0; i--) {
        if (plan.steps().get(i) instanceof Step.Answer answer) {
          results.set(places.remove(i), answer.result());
          waiting.remove(i);
        }
      }
    }
    return results;
  }

  /** Carries out one entry of a command, as a controller does that dies after it. */
  public void runOnce(Command command) {
    commit(plan(List.of(command)).records());
  }

  /** Writes what only another version's controller writes. */
  public void write(MetadataRecord... records) {
    commit(List.of(records));
  }

  private ControllerPlan plan(List<Command> commands) {
    ControllerPlan plan = controller.plan(image.image(), commands, wallMs);
    if (!plan.defects().isEmpty()) {
      throw new AssertionError("a defect of the controller", plan.defects().get(0));
    }
    return plan;
  }

  private void commit(List<MetadataRecord> records) {
    if (!records.isEmpty()) {
      MetadataEntry entry =
          MetadataEntry.newBuilder()
              .setControllerEpoch(EPOCH)
              .setExpectedRevision(image.image().revision())
              .addAllRecords(records)
              .build();
      if (image.apply(EPOCH, entry).isEmpty()) {
        throw new AssertionError("void entry: " + entry);
      }
      log.add(entry);
    }
  }
}
