package io.millrace.it.simulation;

import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.producer.BatchOutcome;
import io.millrace.common.producer.BatchSequence;
import io.millrace.common.producer.FrameResult;
import io.millrace.common.producer.ProducerEffects;
import io.millrace.common.producer.ProducerIdentity;
import io.millrace.common.producer.ProducerSession;
import io.millrace.common.producer.ProducerSettings;
import io.millrace.it.simulation.Messages.Frame;
import io.millrace.it.simulation.Messages.Produced;
import io.millrace.it.simulation.Messages.Resume;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A producer as the SDK is one: a real {@link ProducerSession} for each partition over one stream.
 * Confined to the simulation's thread.
 */
final class SimulatedProducer implements SimulatedNetwork.Client {
  private static final int DOUBLED_FRAMES_PERCENT = 3;

  private final int number;
  private final ClientWorld world;
  private final SplittableRandom random;
  private final Acks acks;
  private final boolean idempotent;
  private final int inFlightBatches;
  private final List<Lane> lanes = new ArrayList<>();
  private Optional<Connection> connection = Optional.empty();
  private boolean connecting;
  private int producerEpoch;

  /** A producer to the partitions from 0 on. */
  SimulatedProducer(int number, ClientWorld world, SplittableRandom random, int partitions) {
    this(number, world, random);
    for (int partition = 0; partition < partitions; partition++) {
      lanes.add(new Lane(partition));
    }
  }

  private SimulatedProducer(int number, ClientWorld world, SplittableRandom random) {
    this.number = number;
    this.world = world;
    this.random = random;
    this.acks = drawAcks(random);
    this.idempotent = acks != Acks.NONE && random.nextInt(4) != 0;
    this.inFlightBatches = 1 + random.nextInt(world.rememberedBatches());
  }

  /** A producer to one partition. */
  static SimulatedProducer to(
      int partition, int number, ClientWorld world, SplittableRandom random) {
    SimulatedProducer producer = new SimulatedProducer(number, world, random);
    producer.lanes.add(producer.new Lane(partition));
    return producer;
  }

  private static Acks drawAcks(SplittableRandom random) {
    int drawn = random.nextInt(10);
    return drawn == 0 ? Acks.NONE : drawn < 4 ? Acks.LEADER : Acks.ALL;
  }

  /** Connects and plans so many batches to each of its partitions. */
  void start(int batches) {
    long fromMicros = world.time().nowMicros();
    for (Lane lane : lanes) {
      for (int i = 0; i < batches; i++) {
        long atMicros = random.nextLong(world.endOfTroubleMs() * 1_000 - fromMicros);
        world.time().scheduleMicros(atMicros, lane::offerOne);
      }
    }
    connect();
  }

  /** Whether every batch offered so far has its outcome. */
  boolean isIdle() {
    return lanes.stream().allMatch(lane -> lane.session.isIdle());
  }

  private void connect() {
    if (connecting || connection.isPresent()) {
      return;
    }
    connecting = true;
    world.time().scheduleMicros(500 + random.nextInt(20_000), this::tryToConnect);
  }

  private void tryToConnect() {
    connecting = false;
    connection = world.connect(lanes.get(0).partition, this);
    if (connection.isEmpty()) {
      connect();
      return;
    }
    for (Lane lane : lanes) {
      lane.reconnected(connection.get().id());
    }
  }

  @Override
  public void receive(Object message) {
    if (message instanceof Produced produced) {
      lanes.stream()
          .filter(lane -> lane.partition == produced.frame().partition())
          .forEach(lane -> lane.answered(produced));
    }
  }

  @Override
  public void closed() {
    connection.ifPresent(this::lose);
  }

  private void lose(Connection lost) {
    connection = Optional.empty();
    for (Lane lane : lanes) {
      lane.session.streamClosed(lost.id(), world.time().nowMs());
    }
    connect();
  }

  @Override
  public String toString() {
    return "producer " + number;
  }

  /** The way to one partition. */
  private final class Lane implements ProducerEffects<SimulatedBatch> {
    private final int partition;
    private final ProducerSession<SimulatedBatch> session;
    private int offered;
    private int laneEpoch;

    /** The frames that a new stream begins with, while they are gathered. */
    private Optional<List<Frame>> resends = Optional.empty();

    Lane(int partition) {
      this.partition = partition;
      long answerTimeoutMs = 60L + random.nextInt(200);
      var settings =
          new ProducerSettings(
              acks, inFlightBatches, world.deliveryTimeoutMs(random), answerTimeoutMs, 2, 50);
      Optional<ProducerIdentity> identity =
          idempotent ? Optional.of(new ProducerIdentity(1_000 + number, 0)) : Optional.empty();
      int first = random.nextInt(5) == 0 ? Integer.MAX_VALUE - random.nextInt(20) : 0;
      session =
          new ProducerSession<>(
              settings, identity, idempotent ? first : 0, random::nextDouble, this);
    }

    void reconnected(long stream) {
      resends = Optional.of(new ArrayList<>());
      session.streamOpened(stream, world.rememberedBatches(), false, world.time().nowMs());
      List<Frame> frames = resends.get();
      resends = Optional.empty();
      world.plants().orderOfResends(frames);
      frames.forEach(connection.orElseThrow()::sendToNode);
    }

    void offerOne() {
      SimulatedBatch batch =
          world
              .batches()
              .add(
                  id ->
                      new SimulatedBatch(
                          id,
                          number,
                          idempotent,
                          offered++,
                          1 + random.nextInt(3),
                          world.wallMs()));
      session.offer(batch, batch.records(), world.time().nowMs());
    }

    void answered(Produced produced) {
      if (produced.frame().copy()) {
        if (produced.result() instanceof FrameResult.Appended ok) {
          world.acknowledged(
              partition,
              produced.frame().batch(),
              new BatchOutcome.Acknowledged(
                  ok.baseOffset(), ok.lastOffset(), ok.logAppendTimeMs()));
        }
        return;
      }
      connection.ifPresent(
          stream ->
              session.answered(
                  stream.id(),
                  produced.frame().sendId(),
                  world.plants().taken(produced),
                  world.time().nowMs()));
      if (produced.result() instanceof FrameResult.Refused refused
          && refused.error().code() == ErrorCode.NOT_LEADER) {
        lookForLeader();
      }
    }

    /** Another one may lead, whom clients hear of soon or late. */
    private void lookForLeader() {
      Optional<Connection> told = connection;
      world
          .time()
          .scheduleMicros(
              1 + random.nextInt(60_000),
              () -> {
                if (told.equals(connection)
                    && told.filter(stream -> world.hasMoved(partition, stream)).isPresent()) {
                  abandonStream(told.get().id());
                }
              });
    }

    @Override
    public void sendFrame(
        long streamEpoch, long sendId, SimulatedBatch batch, BatchSequence sequence) {
      world.batches().sent(batch, streamEpoch);
      Frame frame = new Frame(partition, sendId, batch, sequence, acks, false);
      if (resends.isPresent()) {
        resends.get().add(frame);
        return;
      }
      connection.orElseThrow().sendToNode(frame);
      if (idempotent && random.nextInt(100) < DOUBLED_FRAMES_PERCENT) {
        world.batches().doubled();
        connection
            .orElseThrow()
            .sendToNode(new Frame(partition, sendId, batch, sequence, acks, true));
      }
    }

    @Override
    public void resume(long streamEpoch, int nextSequence) {
      connection.orElseThrow().sendToNode(new Resume(partition, nextSequence));
    }

    @Override
    public void complete(SimulatedBatch batch, BatchOutcome outcome) {
      world.trace().add("%s: %s is %s", SimulatedProducer.this, batch, outcome);
      if (outcome instanceof BatchOutcome.Acknowledged ok) {
        world.acknowledged(partition, batch, ok);
      } else if (outcome instanceof BatchOutcome.Failed failed && !failed.maybeAppended()) {
        world.refused(partition, batch);
      }
    }

    @Override
    public void refusedUnacknowledged(long sendId, MillraceError error) {
      world.trace().add("%s: frame %d is refused late: %s", SimulatedProducer.this, sendId, error);
    }

    @Override
    public void setTimer(long atMs) {
      world.time().schedule(atMs - world.time().nowMs(), () -> session.tick(world.time().nowMs()));
    }

    /** Not within the session's own event: the other lanes hear of it too. */
    @Override
    public void abandonStream(long streamEpoch) {
      world
          .time()
          .scheduleMicros(
              0,
              () ->
                  connection
                      .filter(stream -> stream.id() == streamEpoch)
                      .ifPresent(
                          stream -> {
                            stream.close();
                            lose(stream);
                          }));
    }

    @Override
    public void needIdentity(MillraceError reason) {
      world.trace().add("%s: needs a new epoch: %s", SimulatedProducer.this, reason);
      world
          .time()
          .scheduleMicros(
              random.nextInt(20_000),
              () -> {
                if (laneEpoch == producerEpoch
                    && !world.plants().has(PlantedBug.EPOCH_NOT_RAISED)) {
                  producerEpoch++;
                }
                laneEpoch = producerEpoch;
                session.identityGranted(
                    new ProducerIdentity(1_000 + number, laneEpoch), world.time().nowMs());
              });
    }

    @Override
    public void ended(MillraceError error) {
      throw new InvariantViolation(
          SimulatedProducer.this + " was told that it is finished: " + error);
    }
  }
}
