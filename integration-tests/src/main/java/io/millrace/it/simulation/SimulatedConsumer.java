package io.millrace.it.simulation;

import io.millrace.common.ErrorCode;
import io.millrace.it.simulation.Messages.DeleteRecords;
import io.millrace.it.simulation.Messages.Fetch;
import io.millrace.it.simulation.Messages.Fetched;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A reader that follows the partitions, seeks now and then, and sometimes has records deleted.
 * Confined to the simulation's thread.
 */
final class SimulatedConsumer implements SimulatedNetwork.Client {
  private final int number;
  private final ClientWorld world;
  private final SplittableRandom random;
  private final int firstPartition;

  /** By partition, what it wants next; used from the first one on. */
  private final long[] positions;

  private final boolean deletes;
  private Optional<Connection> connection = Optional.empty();

  /** Answers so far. */
  private long heard;

  /** A reader of the partitions from 0 on, which has records deleted now and then. */
  SimulatedConsumer(int number, ClientWorld world, SplittableRandom random, int partitions) {
    this(number, world, random, 0, partitions, random.nextInt(3) == 0);
  }

  private SimulatedConsumer(
      int number, ClientWorld world, SplittableRandom random, int from, int to, boolean deletes) {
    this.number = number;
    this.world = world;
    this.random = random;
    this.firstPartition = from;
    this.positions = new long[to];
    this.deletes = deletes;
  }

  /** A reader of one partition, which has records deleted now and then. */
  static SimulatedConsumer of(
      int partition, int number, ClientWorld world, SplittableRandom random) {
    boolean deletes = random.nextInt(3) == 0;
    return new SimulatedConsumer(number, world, random, partition, partition + 1, deletes);
  }

  /** The next offset it wants of a partition. */
  long position(int partition) {
    return positions[partition];
  }

  void start() {
    world.time().scheduleMicros(500 + random.nextInt(20_000), this::connect);
  }

  private void connect() {
    connection = world.connect(firstPartition, this);
    if (connection.isEmpty()) {
      start();
      return;
    }
    for (int partition = firstPartition; partition < positions.length; partition++) {
      fetch(partition);
    }
    watch(connection.get(), heard);
  }

  /** Gives a connection up on which nothing came for a while. */
  private void watch(Connection watched, long heardBefore) {
    world
        .time()
        .schedule(
            400,
            () -> {
              if (connection.filter(open -> open == watched).isEmpty()) {
                return;
              }
              if (heard == heardBefore || world.hasMoved(firstPartition, watched)) {
                watched.close();
                closed();
              } else {
                watch(watched, heard);
              }
            });
  }

  private void fetch(int partition) {
    int maxBytes = random.nextInt(4) == 0 ? 1 : 100 + random.nextInt(600);
    connection.ifPresent(
        open -> open.sendToNode(new Fetch(partition, positions[partition], maxBytes)));
  }

  @Override
  public void receive(Object message) {
    heard++;
    if (message instanceof Fetched fetched) {
      take(fetched);
      Optional<Connection> heardOn = connection;
      world
          .time()
          .scheduleMicros(
              random.nextInt(30_000),
              () -> {
                if (connection.equals(heardOn)) {
                  fetchAgain(fetched.fetch().partition());
                }
              });
    }
  }

  private void fetchAgain(int partition) {
    if (random.nextInt(20) == 0) {
      positions[partition] = random.nextLong(positions[partition] + 1);
    }
    if (deletes && random.nextInt(25) == 0) {
      long before = random.nextInt(3) == 0 ? -1 : positions[partition];
      connection.ifPresent(open -> open.sendToNode(new DeleteRecords(partition, before)));
    }
    fetch(partition);
  }

  private void take(Fetched fetched) {
    int partition = fetched.fetch().partition();
    if (fetched.error().isEmpty()) {
      positions[partition] = fetched.nextOffset();
    } else if (fetched.error().get().code() == ErrorCode.OFFSET_OUT_OF_RANGE) {
      positions[partition] = Math.max(0, fetched.logStart());
    }
  }

  @Override
  public void closed() {
    connection = Optional.empty();
    start();
  }

  @Override
  public String toString() {
    return "consumer " + number;
  }
}
