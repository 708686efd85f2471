package io.millrace.broker.replica.link;

import io.millrace.broker.replica.link.LeaderLogs.LeaderLog;
import io.millrace.broker.replica.link.LeaderLogs.ReadOutcome;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The records of one frame that are to be read of one log directory, partitions in turn. Made by
 * the link, carried out on a thread that may wait for the disk, and given back to the link by
 * {@link LeaderLink#read}: confined to one after the other.
 */
public final class LeaderRead {
  private final UUID directory;
  private final List<Turn> turns;
  private final int mostBytes;
  private final List<Part> parts = new ArrayList<>();

  /** Those that had their turn; the next read begins with the next one. */
  private int reached;

  /** One partition's turn. */
  record Turn(LeaderSubscription subscription, TopicIdPartition partition, int epoch, long from) {}

  /** What came of a turn; {@code log} as it was then. */
  record Part(Turn turn, LeaderLog log, ReadOutcome outcome) {}

  LeaderRead(UUID directory, List<LeaderSubscription> subscriptions, int mostBytes) {
    this.directory = directory;
    this.turns = subscriptions.stream().map(LeaderRead::turn).toList();
    this.mostBytes = mostBytes;
  }

  private static Turn turn(LeaderSubscription of) {
    return new Turn(of, of.partition(), of.leaderEpoch(), of.sentUpTo());
  }

  /** Where it reads. */
  public UUID directory() {
    return directory;
  }

  /**
   * Reads, once. What was read before this throws is kept, and goes the way of all that is given
   * back.
   */
  public void carryOut(LeaderLogs logs) {
    int room = mostBytes;
    while (room > 0 && reached < turns.size()) {
      Turn turn = turns.get(reached);
      Optional<LeaderLog> log = logs.at(turn.partition(), turn.epoch());
      if (log.isPresent()) {
        ReadOutcome outcome = read(turn, log.get(), room, room == mostBytes);
        if (outcome instanceof ReadOutcome.TooLarge) {
          // It begins the next frame: only a frame of its own may be larger than was asked.
          return;
        }
        parts.add(new Part(turn, log.get(), outcome));
        room -= outcome instanceof ReadOutcome.Batches batches ? batches.records().bytes() : 0;
      }
      reached++;
    }
  }

  private static ReadOutcome read(Turn turn, LeaderLog log, int room, boolean first) {
    boolean outside = turn.from() < log.logStart() || turn.from() >= log.logEnd();
    return outside ? new ReadOutcome.Stale() : log.read(turn.from(), room, first);
  }

  int mostBytes() {
    return mostBytes;
  }

  List<Part> parts() {
    return parts;
  }

  /** Those that had their turn. */
  List<LeaderSubscription> reached() {
    return turns.subList(0, reached).stream().map(Turn::subscription).toList();
  }

  /** Those that had none, in order. */
  List<LeaderSubscription> unreached() {
    return turns.subList(reached, turns.size()).stream().map(Turn::subscription).toList();
  }

  /** All that was read. */
  List<ReplicaRecords> records() {
    return parts.stream()
        .filter(part -> part.outcome() instanceof ReadOutcome.Batches)
        .map(part -> ((ReadOutcome.Batches) part.outcome()).records())
        .toList();
  }
}
