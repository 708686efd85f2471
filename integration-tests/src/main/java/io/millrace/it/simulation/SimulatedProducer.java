package io.millrace.it.simulation;

import io.millrace.common.Acks;
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
  private final World world;
  private final SplittableRandom random;
  private final Acks acks;
  private final boolean idempotent;
  private final int inFlightBatches;
  private final List<Lane> lanes = new ArrayList<>();
  private Optional<Connection> connection = Optional.empty();
  private boolean connecting;
  private int producerEpoch;

  SimulatedProducer(int number, World world, SplittableRandom random) {
    this.number = number;
    this.world = world;
    this.random = random;
    this.acks = drawAcks(random);
    this.idempotent = acks != Acks.NONE && random.nextInt(4) != 0;
    this.inFlightBatches = 1 + random.nextInt(world.setup().rememberedBatches());
  }

  private static Acks drawAcks(SplittableRandom random) {
    int drawn = random.nextInt(10);
    return drawn == 0 ? Acks.NONE : drawn < 4 ? Acks.LEADER : Acks.ALL;
  }

  /** Connects and plans its batches. */
  void start() {
    for (int partition = 0; partition < world.setup().partitions().size(); partition++) {
      Lane lane = new Lane(partition);
      lanes.add(lane);
      for (int i = 0; i < world.setup().batchesPerProducer(); i++) {
        long atMicros = random.nextLong(world.setup().endOfTroubleMs() * 1_000);
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
    Optional<SimulatedNode> node = world.liveNode();
    if (node.isEmpty()) {
      connect();
      return;
    }
    Connection opened = world.network().connect(node.get(), this);
    connection = Optional.of(opened);
    for (Lane lane : lanes) {
      lane.reconnected(opened.id());
    }
  }

  @Override
  public void receive(Object message) {
    if (message instanceof Produced produced) {
      lanes.get(produced.frame().partition()).answered(produced);
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
              acks, inFlightBatches, random.nextInt(3) == 0 ? 150 : 800, answerTimeoutMs, 2, 50);
      Optional<ProducerIdentity> identity =
          idempotent ? Optional.of(new ProducerIdentity(1_000 + number, 0)) : Optional.empty();
      int first = random.nextInt(5) == 0 ? Integer.MAX_VALUE - random.nextInt(20) : 0;
      session =
          new ProducerSession<>(
              settings, identity, idempotent ? first : 0, random::nextDouble, this);
    }

    void reconnected(long stream) {
      resends = Optional.of(new ArrayList<>());
      session.streamOpened(stream, world.setup().rememberedBatches(), false, world.time().nowMs());
      List<Frame> frames = resends.get();
      resends = Optional.empty();
      world.plants().orderOfResends(frames);
      frames.forEach(connection.orElseThrow()::sendToNode);
    }

    void offerOne() {
      SimulatedBatch batch =
          world.newBatch(
              id ->
                  new SimulatedBatch(
                      id, number, idempotent, offered++, 1 + random.nextInt(3), world.wallMs()));
      session.offer(batch, batch.records(), world.time().nowMs());
    }

    void answered(Produced produced) {
      if (produced.frame().copy()) {
        if (produced.result() instanceof FrameResult.Appended ok) {
          world
              .ledger(partition)
              .acknowledged(
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
    }

    @Override
    public void sendFrame(
        long streamEpoch, long sendId, SimulatedBatch batch, BatchSequence sequence) {
      world.sent(batch, streamEpoch);
      Frame frame = new Frame(partition, sendId, batch, sequence, acks, false);
      if (resends.isPresent()) {
        resends.get().add(frame);
        return;
      }
      connection.orElseThrow().sendToNode(frame);
      if (idempotent && random.nextInt(100) < DOUBLED_FRAMES_PERCENT) {
        world.stats().duplicates++;
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
        world.ledger(partition).acknowledged(batch, ok);
      } else if (outcome instanceof BatchOutcome.Failed failed && !failed.maybeAppended()) {
        world.ledger(partition).refused(batch);
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
