package io.millrace.it.simulation;

import static io.millrace.it.simulation.InvariantViolation.require;

import io.millrace.broker.log.LogOpening;
import io.millrace.broker.log.LogRead;
import io.millrace.broker.log.LogSnapshot;
import io.millrace.broker.log.MapBudget;
import io.millrace.broker.log.PartitionDirectory;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RecoveryProgress;
import io.millrace.broker.log.SequenceCheck;
import io.millrace.broker.log.dir.DataDir;
import io.millrace.broker.replica.LocalReplica;
import io.millrace.broker.replica.PartitionConfig;
import io.millrace.broker.replica.PartitionRuntime;
import io.millrace.broker.replica.RuntimePorts;
import io.millrace.common.TimestampType;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.TopicConfigs;
import io.millrace.common.producer.BatchSequence;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Opens a partition's log on a {@link SimulatedNode}, and compares what recovery made of it with
 * what is known of it. Stateless.
 */
final class PartitionOpening {
  private static final EffectiveConfig CREATE_TIME_TOPIC = topic(TimestampType.CREATE_TIME);
  private static final EffectiveConfig APPEND_TIME_TOPIC = topic(TimestampType.LOG_APPEND_TIME);
  private static final int OPEN_SEGMENTS = 3;

  private PartitionOpening() {}

  /** Takes whole batches. */
  interface Chunks {
    void take(ByteBuffer records);
  }

  static TopicIdPartition idOf(int number) {
    return new TopicIdPartition(new UUID(7, number), 0);
  }

  private static TopicPartition nameOf(int number) {
    return new TopicPartition("t" + number, 0);
  }

  private static EffectiveConfig topicOf(TimestampType type) {
    return type == TimestampType.CREATE_TIME ? CREATE_TIME_TOPIC : APPEND_TIME_TOPIC;
  }

  private static EffectiveConfig topic(TimestampType type) {
    return EffectiveConfig.builder(TopicConfigs.SCHEMA)
        .set(TopicConfigs.MESSAGE_TIMESTAMP_TYPE, type)
        .build();
  }

  /** Opens the log, which may fail as the disk may. */
  static PartitionLog open(SimulatedNode node, int number, SimulatedDirectory directory) {
    World world = node.world();
    DataDir dir = directory.dir();
    PartitionLog log =
        PartitionLog.open(
            new LogOpening(
                dir.store(),
                PartitionDirectory.of(dir.path(), nameOf(number)),
                idOf(number),
                nameOf(number),
                world.plants().logConfig(world.setup().partitions().get(number).log()),
                node.machine().clock(),
                new MapBudget(OPEN_SEGMENTS),
                directory.recoveryPointOf(idOf(number)),
                dir.wasCleanlyClosed(),
                RecoveryProgress.NONE));
    world.plants().opened(log);
    compare(world.ledger(number), log, dir);
    return log;
  }

  /** The runtime of an opened log, with the node for its world. */
  static PartitionRuntime runtime(
      SimulatedNode node, int number, PartitionLog log, SimulatedDirectory directory) {
    RuntimePorts ports =
        new RuntimePorts(
            node.machine().clock(),
            node,
            directory,
            directory,
            (message, cause) -> {
              throw new InvariantViolation("the broker found a broken invariant: " + message);
            });
    SimulationSetup.Partition setup = node.world().setup().partitions().get(number);
    PartitionConfig config =
        PartitionConfig.of(
            topicOf(setup.timestampType()), node.world().plants().logConfig(setup.log()));
    PartitionRuntime runtime =
        new PartitionRuntime(
            LocalReplica.alone(SimulatedNode.BROKER_ID, nameOf(number)), log, config, ports);
    node.world().plants().hosted(runtime, log);
    return runtime;
  }

  private static void compare(PartitionLedger ledger, PartitionLog log, DataDir dir) {
    ledger.recovered(
        log.logStartOffset(),
        log.logEndOffset(),
        log.durableOffset(),
        (dir.mayHaveLostPageCache() && !log.syncedMark()) || log.recovery().unclean());
    forEachChunk(log.snapshot(), log.logStartOffset(), ledger::compareAndExtend);
    for (PartitionLedger.Entry entry : ledger.remembered(log.config().producerBatches())) {
      requireRemembered(log, entry);
    }
  }

  /** S28: what was remembered before is remembered after. */
  private static void requireRemembered(PartitionLog log, PartitionLedger.Entry entry) {
    SequenceCheck check =
        log.producers()
            .check(
                entry.producerId(),
                (short) entry.epoch(),
                entry.sequence(),
                BatchSequence.advance(entry.sequence(), entry.batch().records() - 1));
    require(
        check instanceof SequenceCheck.Duplicate duplicate
            && duplicate.firstOffset() == entry.baseOffset()
            && duplicate.lastOffset() == entry.lastOffset(),
        "after recovery a repeat of %s is judged as %s",
        entry,
        check);
  }

  /** All batches from an offset on, some at a time. */
  static void forEachChunk(LogSnapshot log, long from, Chunks chunks) {
    long offset = from;
    while (offset < log.logEndOffset()) {
      LogRead read = log.read(offset, 1 << 20, log.logEndOffset(), true);
      require(
          read.nextOffset() > offset,
          "nothing can be read at %d of %s",
          offset,
          log.logEndOffset());
      chunks.take(read.records());
      offset = read.nextOffset();
    }
  }
}
