package io.millrace.it.simulation;

import io.millrace.common.ErrorCode;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.controller.BrokerCommand.AlterPartitions;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.BrokerCommand.IsrMember;
import io.millrace.metadata.controller.BrokerCommand.IsrProposal;
import io.millrace.metadata.controller.BrokerStart;
import io.millrace.metadata.controller.ClusterCommand.UnregisterBroker;
import io.millrace.metadata.controller.Command.AssignDirectories;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.BrokerResult;
import io.millrace.metadata.controller.CommandResult.HeartbeatResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.Endpoint;
import io.millrace.metadata.image.FeatureRange;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * A broker as the controllers see it: it registers, sends heartbeats, proposes other in-sync
 * replicas where it leads, dies and comes back, with its disks or without. Confined to the
 * simulation's thread.
 */
final class BrokerActor {
  private static final long HEARTBEAT_MS = 100;
  private static final int MAX_PROPOSALS = 6;

  private final int id;
  private final ControllerWorld world;
  private final SplittableRandom random;
  private final List<UUID> directories = new ArrayList<>();
  private final Set<UUID> offline = new HashSet<>();
  private final Set<UUID> unclean = new HashSet<>();
  private MetadataImage image = MetadataImage.EMPTY;

  /** The process that runs, or the last one; grows. */
  private int process;

  /** Whether records that it had acknowledged are gone since it last registered. */
  private boolean lost;

  private boolean up;
  private boolean stopping;
  private long epoch = -1;
  private boolean leading;

  BrokerActor(int id, ControllerWorld world, SplittableRandom random) {
    this.id = id;
    this.world = world;
    this.random = random;
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      directories.add(newId());
    }
  }

  int id() {
    return id;
  }

  boolean isUp() {
    return up;
  }

  /** Whether it is up and, as far as it was told, not fenced. */
  boolean isLeading() {
    return up && leading;
  }

  void start() {
    if (world.isWell() && !world.isHealed() && process > 0) {
      world.time().schedule(100, this::start);
      return;
    }
    process++;
    up = true;
    stopping = false;
    leading = false;
    epoch = -1;
    image = MetadataImage.EMPTY;
    if (lost) {
      world.invariants().startsUnclean(incarnation());
      world.stats().uncleanReturns++;
    }
    world.trace().add("broker %d starts, process %d, lost %s", id, process, lost);
    beat(process);
  }

  /** One of the things that happen to brokers. */
  void trouble() {
    if (!up) {
      return;
    }
    switch (random.nextInt(8)) {
      case 0, 1, 2, 3 -> die();
      case 4 -> {
        world.trace().add("broker %d is to stop", id);
        world.stats().controlledShutdowns++;
        stopping = true;
      }
      case 5 -> {
        if (directories.size() > offline.size() + 1) {
          UUID failed = directories.get(offline.size());
          world.trace().add("broker %d loses directory %s", id, failed);
          offline.add(failed);
        }
      }
      default -> {} // A pause: see beat().
    }
  }

  /** Its process ends, if there is one. */
  void kill() {
    if (up) {
      die();
    }
  }

  void heal() {
    if (stopping || !offline.isEmpty()) {
      if (up) {
        die();
      }
    }
  }

  private void die() {
    world.trace().add("broker %d dies", id);
    world.stats().brokerDeaths++;
    up = false;
    leading = false;
    world.someController().disconnected(id, epoch);
    switch (world.isWell() ? 7 : random.nextInt(8)) {
      case 0 -> {
        directories.replaceAll(gone -> newId());
        lost = true;
      }
      case 1 -> {
        unclean.addAll(directories);
        lost = true;
      }
      default -> {}
    }
    offline.clear();
    if (random.nextInt(4) == 0) {
      takeOut(40);
    }
    world.time().schedule(20 + random.nextInt(900), this::start);
  }

  /** Somebody in a hurry has it taken out, and asks until it is fenced and that is done. */
  private void takeOut(int times) {
    if (times > 0 && !up && !world.isHealed()) {
      world.send(new UnregisterBroker(id, 0, RequestOptions.NONE), result -> {});
      world.time().schedule(15, () -> takeOut(times - 1));
    }
  }

  private UUID incarnation() {
    return new UUID(id, process);
  }

  /** What a broker does each heartbeat interval, and now and then later than it should. */
  private void beat(int ofProcess) {
    if (!up || process != ofProcess) {
      return;
    }
    MetadataImage seen = world.someImage();
    if (seen.revision() > image.revision()) {
      image = seen;
    }
    if (epoch < 0) {
      register(ofProcess);
    } else {
      heartbeat(ofProcess);
      lead();
    }
    boolean pause = !world.isWell() && random.nextInt(60) == 0;
    world.time().schedule(pause ? 300 + random.nextInt(900) : HEARTBEAT_MS, () -> beat(ofProcess));
  }

  private void register(int ofProcess) {
    BrokerStart start = new BrokerStart(directories, false, Set.copyOf(unclean), Set.of(), false);
    world.send(
        new RegisterBroker(
            id,
            incarnation(),
            new Endpoint("broker-" + id, 9650),
            Optional.empty(),
            "rack" + id % 2,
            FeatureRange.SUPPORTED,
            start),
        result -> {
          if (result instanceof Refused refused) {
            world.trace().add("broker %d is not registered: %s", id, refused.error());
          } else if (up && process == ofProcess && result instanceof BrokerResult registered) {
            epoch = registered.brokerEpoch();
            unclean.clear();
            lost = false;
          }
        });
  }

  private void heartbeat(int ofProcess) {
    BrokerHeartbeat heartbeat =
        new BrokerHeartbeat(id, epoch, image.revision(), false, stopping, Set.copyOf(offline));
    world.send(heartbeat, result -> answered(ofProcess, result));
  }

  private void answered(int ofProcess, CommandResult result) {
    if (!up || process != ofProcess) {
      return;
    }
    if (result instanceof HeartbeatResult told) {
      leading = !told.fenced();
      if (stopping && told.shouldShutDown()) {
        die();
      }
    } else if (result instanceof Refused refused
        && refused.error().code() == ErrorCode.STALE_BROKER_EPOCH) {
      epoch = -1;
      leading = false;
    }
  }

  /** Chooses directories, and proposes other ISRs for what it leads. */
  private void lead() {
    List<IsrProposal> proposals = new ArrayList<>();
    Map<TopicIdPartition, UUID> chosen = new HashMap<>();
    for (TopicImage topic : image.topics().byId().values()) {
      int number = 0;
      for (PartitionImage partition : topic.partitions()) {
        if (partition.replicas().contains(id)
            && partition.directoryOf(id).equals(PartitionImage.UNASSIGNED)
            && random.nextInt(3) == 0) {
          chosen.put(new TopicIdPartition(topic.id(), number), someDirectory());
        }
        if (partition.leader() == id
            && proposals.size() < MAX_PROPOSALS
            && (world.isWell() || random.nextInt(3) == 0)) {
          propose(topic, number, partition).ifPresent(proposals::add);
        }
        number++;
      }
    }
    if (!chosen.isEmpty()) {
      world.send(new AssignDirectories(id, epoch, chosen), result -> {});
    }
    if (!proposals.isEmpty()) {
      proposals.forEach(world.invariants()::proposes);
      world.send(new AlterPartitions(id, epoch, proposals), result -> {});
    }
  }

  private Optional<IsrProposal> propose(TopicImage topic, int number, PartitionImage partition) {
    List<IsrMember> isr = new ArrayList<>();
    for (int replica : partition.replicas()) {
      boolean member = partition.isr().contains(replica);
      boolean leaves = member && replica != id && !world.isWell() && random.nextInt(6) == 0;
      boolean joins = !member && catchesUp(replica, partition.directoryOf(replica));
      if (replica == id || (member && !leaves) || joins) {
        isr.add(new IsrMember(replica, heardEpoch(replica)));
      }
    }
    List<Integer> brokers = isr.stream().map(IsrMember::broker).toList();
    return brokers.equals(partition.isr())
        ? Optional.empty()
        : Optional.of(
            new IsrProposal(
                topic.id(), number, partition.leaderEpoch(), partition.partitionEpoch(), isr));
  }

  /** A follower catches up only if it runs, with its log; the leader may know an earlier one. */
  private boolean catchesUp(int replica, UUID directory) {
    return (world.isWell() || random.nextInt(3) == 0)
        && world
            .broker(replica)
            .filter(broker -> broker.isUp() && broker.has(directory))
            .isPresent();
  }

  private boolean has(UUID directory) {
    return directories.contains(directory) && !offline.contains(directory);
  }

  /** The epoch of the process that fetches: of the one that runs, as it was told. */
  private long heardEpoch(int replica) {
    return world.broker(replica).map(broker -> broker.epoch).orElse(-1L) < 0
        ? image.broker(replica).map(BrokerImage::epoch).orElse(0L)
        : world.broker(replica).orElseThrow().epoch;
  }

  private UUID someDirectory() {
    List<UUID> online = new ArrayList<>(directories);
    online.removeAll(offline);
    return online.get(random.nextInt(online.size()));
  }

  private UUID newId() {
    return new UUID(id, random.nextLong() | 2);
  }

  @Override
  public String toString() {
    return id + (up ? leading ? " leads" : " is up" : " is down");
  }
}
