package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.common.TopicIdPartition;
import io.millrace.common.config.TopicConfigs;
import io.millrace.metadata.controller.BrokerCommand.IsrMember;
import io.millrace.metadata.controller.BrokerCommand.IsrProposal;
import io.millrace.metadata.image.Assignment;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.BrokerState;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.MetadataReplay;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicDelta;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.TopicsImage;
import io.millrace.metadata.image.Uuids;
import io.millrace.metadata.simulated.SimulatedQuorum;
import io.millrace.proto.internal.v1.BrokerRegistered;
import io.millrace.proto.internal.v1.MetadataEntry;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What must hold of the metadata after every entry, on every node, whatever went wrong. Confined to
 * the simulation's thread.
 */
final class MetadataInvariants implements SimulatedQuorum.Observer {
  private final ControllerWorld world;
  private final Map<Long, MetadataImage> byRevision = new HashMap<>();
  private final Map<LeaderTerm, Integer> leaders = new HashMap<>();

  /**
   * The replicas that have everything that was ever committed: those in sync while the ISR was
   * large enough to commit, and all that were in sync since; without those that lost their disks.
   */
  private final Map<TopicIdPartition, Set<Integer>> holders = new HashMap<>();

  /** Who the leaders said had caught up, and as which of their processes (KIP-903). */
  private final Map<PartitionState, Set<IsrMember>> proposed = new HashMap<>();

  private final Set<UUID> uncleanProcesses = new HashSet<>();
  private MetadataImage newest = MetadataImage.EMPTY;
  private Optional<AdminActor> admin = Optional.empty();

  private record LeaderTerm(TopicIdPartition partition, int leaderEpoch) {}

  /** A partition as its leader knew it when it proposed another ISR. */
  private record PartitionState(TopicIdPartition partition, int leaderEpoch, int partitionEpoch) {}

  MetadataInvariants(ControllerWorld world) {
    this.world = world;
  }

  /** What this administrator was told must stay. */
  void watch(AdminActor watched) {
    admin = Optional.of(watched);
  }

  /** A leader says who has caught up. */
  void proposes(IsrProposal proposal) {
    proposed
        .computeIfAbsent(
            new PartitionState(
                new TopicIdPartition(proposal.topicId(), proposal.partition()),
                proposal.leaderEpoch(),
                proposal.partitionEpoch()),
            state -> new HashSet<>())
        .addAll(proposal.isr());
  }

  /** A process starts that has lost records which it had acknowledged. */
  void startsUnclean(UUID incarnation) {
    uncleanProcesses.add(incarnation);
  }

  @Override
  public void applied(
      int node, MetadataEntry entry, MetadataImage after, Optional<MetadataDelta> delta) {
    if (delta.isEmpty()) {
      return;
    }
    if (after.revision() > newest.revision()) {
      require(
          after.revision() == newest.revision() + 1,
          "revision %d follows %d",
          after.revision(),
          newest.revision());
      byRevision.put(after.revision(), after);
      MetadataImage before = newest;
      newest = after;
      world.stats().entries++;
      check(entry, before, after, delta.get());
    } else {
      same(node, after);
    }
  }

  @Override
  public void installed(int node, MetadataImage image) {
    if (image.revision() > 0) {
      same(node, image);
    }
  }

  private void same(int node, MetadataImage image) {
    MetadataImage others = byRevision.getOrDefault(image.revision(), MetadataImage.EMPTY);
    require(
        image.equals(others),
        "at revision %d node %d has %s and others have %s",
        image.revision(),
        node,
        image,
        others);
  }

  private void check(
      MetadataEntry entry, MetadataImage before, MetadataImage after, MetadataDelta delta) {
    trace(entry, after);
    MetadataImage image = before;
    for (MetadataRecord record : entry.getRecordsList()) {
      image = checkRecord(record, image);
    }
    world.stats().uncleanElections += after.uncleanElections() - before.uncleanElections();
    MetadataDelta compared = MetadataDelta.between(before, after);
    require(
        delta.topics().keySet().containsAll(compared.topics().keySet())
            && delta.changedBrokers().containsAll(compared.changedBrokers()),
        "the delta to revision %d leaves something out",
        after.revision());
    admin.ifPresent(actor -> actor.check(after));
  }

  /** Checks one record after the other: an entry has those of several commands. */
  private MetadataImage checkRecord(MetadataRecord record, MetadataImage before) {
    MetadataReplay replay = new MetadataReplay(before);
    replay.replay(record);
    MetadataImage after = replay.image();
    if (record.hasBrokerRegistered()) {
      registered(record.getBrokerRegistered(), after);
    }
    long suspicious = 0;
    for (TopicDelta topic : replay.delta().topics().values()) {
      if (topic.after().isPresent()) {
        for (int number : topic.changedPartitions()) {
          suspicious += check(topic, number, after);
        }
      }
    }
    long counted = after.uncleanElections() - before.uncleanElections();
    require(
        suspicious <= counted,
        "%d leaders were elected after revision %d that may lack records, and %d were counted: %s",
        suspicious,
        before.revision(),
        counted,
        record);
    return after;
  }

  private void trace(MetadataEntry entry, MetadataImage after) {
    world
        .trace()
        .add(
            "revision %d: %s",
            after.revision(),
            entry.getRecordsList().stream().map(MetadataRecord::getFactCase).toList());
  }

  /** S14: who has lost records is neither in sync nor eligible when it is registered. */
  private void registered(BrokerRegistered record, MetadataImage after) {
    if (!uncleanProcesses.remove(Uuids.fromBytes(record.getIncarnationId()))) {
      return; // It may be taken out and come again: what it has then it was given.
    }
    int broker = record.getBrokerId();
    for (TopicImage topic : after.topics().byId().values()) {
      int number = 0;
      for (PartitionImage partition : topic.partitions()) {
        require(
            !partition.isr().contains(broker) && !partition.elr().contains(broker),
            "broker %d has lost its records of %s-%d and still stands in %s",
            broker,
            topic.name(),
            number,
            partition);
        holders
            .getOrDefault(new TopicIdPartition(topic.id(), number), new HashSet<>())
            .remove(broker);
        number++;
      }
    }
  }

  /** Checks a changed partition; 1 if its new leader may lack records. */
  private int check(TopicDelta topic, int number, MetadataImage after) {
    TopicIdPartition id = new TopicIdPartition(topic.id(), number);
    PartitionImage now = topic.after().orElseThrow().partitions().get(number);
    Optional<PartitionImage> old = topic.before().flatMap(known -> known.partition(number));
    String name = topic.after().orElseThrow().name() + "-" + number;
    checkAlone(name, now);
    old.ifPresent(was -> checkEpochs(name, was, now));
    old.ifPresent(was -> checkJoins(name, was, now, after));
    old.ifPresent(was -> checkDrained(name, was, now, after));
    old.ifPresent(was -> checkEnough(name, was, now, after));
    int leads = leaders.computeIfAbsent(new LeaderTerm(id, now.leaderEpoch()), t -> now.leader());
    require(
        leads == now.leader(),
        "%s is led by both %s and %s in epoch %s",
        name,
        leads,
        now.leader(),
        now.leaderEpoch());
    return old.isPresent() ? committed(id, old.get(), now, after) : created(id, now);
  }

  private int created(TopicIdPartition id, PartitionImage now) {
    holders.put(id, new HashSet<>(now.isr()));
    return 0;
  }

  private static void checkAlone(String name, PartitionImage now) {
    Set<Integer> replicas = new HashSet<>(now.replicas());
    require(replicas.size() == now.replicas().size(), "%s has a broker twice: %s", name, now);
    require(
        now.leader() == PartitionImage.NO_BROKER || now.isr().contains(now.leader()),
        "%s is led from outside its ISR: %s",
        name,
        now);
    require(
        now.elr().isEmpty() || now.isr().size() < now.effectiveMinIsr(),
        "%s has an ELR beside an ISR that is large enough: %s",
        name,
        now);
    require(
        now.elr().stream().noneMatch(now.isr()::contains), "%s is in ISR and ELR: %s", name, now);
  }

  private void checkEpochs(String name, PartitionImage was, PartitionImage now) {
    require(
        now.partitionEpoch() > was.partitionEpoch() && now.leaderEpoch() >= was.leaderEpoch(),
        "%s goes back from %s to %s",
        name,
        was,
        now);
    if (!was.isr().equals(now.isr())) {
      world.stats().isrChanges++;
    }
    if (now.leader() != was.leader()) {
      world.stats().failovers++;
    }
  }

  private static void checkJoins(
      String name, PartitionImage was, PartitionImage now, MetadataImage image) {
    for (int member : now.isr()) {
      require(
          was.isr().contains(member) || mayJoin(now, member, image),
          "%s has broker %s joining its ISR: %s, from %s",
          name,
          image.broker(member),
          now,
          was);
    }
  }

  /** A drained broker is elected only where nobody else in sync can lead. */
  private static void checkDrained(
      String name, PartitionImage was, PartitionImage now, MetadataImage image) {
    if (now.leader() == was.leader() || !image.drained(now.leader())) {
      return;
    }
    require(
        now.isr().stream().allMatch(id -> image.drained(id) || !mayJoin(now, id, image)),
        "%s has the drained broker %s elected: %s, from %s",
        name,
        now.leader(),
        now,
        was);
  }

  /** Nobody in sync goes with a reassignment who is needed. */
  private static void checkEnough(
      String name, PartitionImage was, PartitionImage now, MetadataImage image) {
    List<Integer> gone =
        was.isr().stream()
            .filter(id -> !now.replicas().contains(id) && mayJoin(was, id, image))
            .toList();
    require(
        gone.isEmpty() || now.isr().size() >= now.effectiveMinIsr(),
        "%s is left with too few in sync by a reassignment: %s, from %s",
        name,
        now,
        was);
  }

  /**
   * Nothing has gone wrong for a while, but for brokers that are down.
   *
   * @param calmMs for how long
   */
  void checkCalm(long calmMs) {
    for (TopicImage topic : newest.topics().byId().values()) {
      int number = 0;
      for (PartitionImage partition : topic.partitions()) {
        int leader = partition.leader();
        String state = newest.broker(leader).map(b -> "" + b.state()).orElse("not registered");
        require(
            leader == PartitionImage.NO_BROKER
                || newest.broker(leader).filter(known -> !known.fenced()).isPresent(),
            "%s-%d is led by broker %d, which is %s, %d ms after the last trouble: %s",
            topic.name(),
            number++,
            leader,
            state,
            calmMs,
            partition);
      }
    }
  }

  private static boolean mayJoin(PartitionImage partition, int broker, MetadataImage image) {
    UUID directory = partition.directoryOf(broker);
    return image
        .broker(broker)
        .filter(
            known ->
                known.active()
                    && (directory.equals(PartitionImage.UNASSIGNED)
                        || known.directories().contains(directory)))
        .isPresent();
  }

  /** Follows who has everything that was committed; 1 if somebody is in sync who may not. */
  private int committed(
      TopicIdPartition id, PartitionImage was, PartitionImage now, MetadataImage image) {
    Set<Integer> have = holders.getOrDefault(id, Set.of());
    Set<Integer> inSync = new HashSet<>(now.isr());
    Set<Integer> caughtUp = caughtUp(id, was, image);
    require(
        now.replicas().containsAll(was.replicas()) || hasSource(now) || !hasSource(was),
        "a reassignment gives up everybody who has the records of %s: %s, from %s",
        id,
        now,
        was);
    boolean lacking = inSync.stream().anyMatch(b -> !have.contains(b) && !caughtUp.contains(b));
    require(
        !lacking
            || was.leader() == PartitionImage.NO_BROKER
            || now.replicas().contains(was.leader())
            || !mayJoin(was, was.leader(), image),
        "a reassignment gives up the leader of %s for one who may lack records: %s, from %s",
        id,
        now,
        was);
    if (now.leader() != PartitionImage.NO_BROKER) {
      Set<Integer> after = new HashSet<>(inSync);
      if (!lacking && inSync.size() < now.effectiveMinIsr()) {
        after.addAll(have);
      }
      after.retainAll(now.replicas());
      holders.put(id, after);
    }
    return lacking ? 1 : 0;
  }

  private static boolean hasSource(PartitionImage partition) {
    return !partition.isr().isEmpty() || !partition.elr().isEmpty();
  }

  /** Who has caught up, as the leader of a state of the partition said. */
  private Set<Integer> caughtUp(TopicIdPartition id, PartitionImage was, MetadataImage image) {
    Set<Integer> brokers = new HashSet<>();
    PartitionState state = new PartitionState(id, was.leaderEpoch(), was.partitionEpoch());
    for (IsrMember member : proposed.getOrDefault(state, Set.of())) {
      boolean thatProcess =
          image.broker(member.broker()).filter(b -> b.epoch() == member.brokerEpoch()).isPresent();
      if (thatProcess) {
        brokers.add(member.broker());
      }
    }
    return brokers;
  }

  /** Whether everything is as it should be when nothing goes wrong any more. */
  boolean isSettled(List<ControllerNode> nodes) {
    return unsettled(nodes).isEmpty();
  }

  /** What is not as it should be; empty if all is. */
  String unsettled(List<ControllerNode> nodes) {
    for (ControllerNode node : nodes) {
      if (node.image().revision() != newest.revision()) {
        return "a node is at revision " + node.image().revision() + " of " + newest.revision();
      }
    }
    for (BrokerImage broker : newest.brokers().values()) {
      if (broker.state() != BrokerState.ACTIVE) {
        return "broker " + broker.id() + " is " + broker.state();
      }
    }
    for (TopicImage topic : newest.topics().byId().values()) {
      for (PartitionImage partition : topic.partitions()) {
        Optional<String> why = unsettled(topic, partition);
        if (why.isPresent()) {
          return why.get() + ": " + topic.name() + " " + partition;
        }
      }
    }
    return "";
  }

  private Optional<String> unsettled(TopicImage topic, PartitionImage partition) {
    List<Integer> able =
        partition.replicas().stream().filter(id -> mayJoin(partition, id, newest)).toList();
    if (partition.leader() == PartitionImage.NO_BROKER) {
      boolean somebody =
          able.stream()
              .anyMatch(
                  id ->
                      partition.elr().contains(id)
                          || partition.isr().contains(id)
                          || (partition.elr().isEmpty() && partition.lastKnownLeader() == id));
      return somebody ? Optional.of("nobody leads") : Optional.empty();
    }
    if (partition.directories().contains(PartitionImage.LOST)) {
      return Optional.of("a lost replica is not made anew");
    }
    if (!partition.isr().containsAll(able)) {
      return Optional.of("somebody is not in sync");
    }
    int minIsr = minIsr(topic);
    if (partition.assignment().reassigning() && mayEnd(partition, minIsr)) {
      return Optional.of("a reassignment does not end");
    }
    int expected = Math.min(minIsr, partition.assignment().replicationFactor());
    return partition.effectiveMinIsr() == expected || partition.assignment().reassigning()
        ? Optional.empty()
        : Optional.of("the effective min ISR is not " + expected);
  }

  /** Whether a reassignment has all that it waits for. */
  private boolean mayEnd(PartitionImage partition, int minIsr) {
    Assignment end = partition.assignment().completed();
    List<Integer> left = partition.isr().stream().filter(end.replicas()::contains).toList();
    return left.containsAll(partition.assignment().adding())
        && left.stream().anyMatch(id -> mayJoin(partition, id, newest))
        && (partition.assignment().removing().stream()
                .noneMatch(id -> partition.isr().contains(id) || partition.elr().contains(id))
            || left.size() >= Math.min(minIsr, end.replicas().size()));
  }

  private int minIsr(TopicImage topic) {
    String key = TopicConfigs.MIN_INSYNC_REPLICAS.name();
    String own = topic.configs().get(key);
    String set = own == null ? newest.configs().cluster().get(key) : own;
    return set == null ? 1 : Integer.parseInt(set);
  }

  /** Checks what takes long. */
  void checkAtEnd(MetadataImage replayed, AdminActor actor) {
    require(replayed.equals(newest), "replayed: %s, live: %s", replayed, newest);
    require(
        SimulatedQuorum.throughBytes(newest).equals(newest),
        "a snapshot does not give the image back: %s",
        newest);
    TopicsImage rebuilt = TopicsImage.EMPTY;
    for (TopicImage topic : newest.topics().byId().values()) {
      rebuilt = rebuilt.with(topic);
    }
    require(rebuilt.equals(newest.topics()), "the index is not that of %s", newest.topics());
    actor.check(newest);
  }
}
