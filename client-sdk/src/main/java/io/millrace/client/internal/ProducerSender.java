package io.millrace.client.internal;

import io.millrace.client.api.BrokerAddress;
import io.millrace.client.api.ProducerConfig;
import io.millrace.client.internal.ProduceConnection.Frame;
import io.millrace.client.internal.ProduceConnection.ProducerShared;
import io.millrace.client.internal.TopicView.PartitionView;
import io.millrace.common.Acks;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.producer.BatchOutcome;
import io.millrace.common.producer.ProducerSettings;
import io.millrace.proto.v1.ProduceFrameResult;
import io.millrace.proto.v1.ProduceStreamOpen;
import io.millrace.proto.v1.ProduceStreamOpened;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Brings batches to the leaders: a pipe for each partition, streams to each broker. Confined to the
 * producer's thread ({@link ProducerLoop}); whatever blocks (metadata, producer ids) runs on the
 * helper thread and comes back as a task of the loop.
 */
final class ProducerSender
    implements ProduceConnection.Listener, PartitionPipe.Owner, LeaderLookUps.Owner {
  /**
   * With as many unanswered batches in its partition, one that is not full gathers records until an
   * answer comes: it would only queue behind them. So a busy broker gets few large batches instead
   * of many small ones, and an idle one every batch at once.
   */
  private static final int EAGER_BATCHES = 2;

  /** How much longer than the broker waits for acks a frame may stay unanswered. */
  private static final long ANSWER_GRACE_MS = 10_000;

  private final ProducerConfig config;
  private final ClusterClient cluster;
  private final MetadataCache metadata;
  private final ServerLimits limits;
  private final ProducerIdentities identities;
  private final Accumulator accumulator;
  private final ProducerOutcomes outcomes;
  private final ProducerLoop loop;
  private final ProducerSettings settings;
  private final SplittableRandom random;
  private final ProducerShared shared;
  private final Map<TopicPartition, PartitionPipe> pipes = new HashMap<>();
  private final LeaderLookUps leaders;
  private final ProducerStreams streams = new ProducerStreams(this::open);

  /** Those of the pipes that have something to do; there may be thousands of others. */
  private final PipeSchedule<PartitionPipe> schedule = new PipeSchedule<>();

  /** When pipes that nobody uses were dropped last. */
  private long sweptMs;

  private final HeldBatches held = new HeldBatches();

  /** Whether this turn saw an open batch whose partition has no pipe. */
  private boolean newPipeWanted;

  private long lastStreamEpoch;
  private boolean closing;

  ProducerSender(
      ProducerConfig config,
      ClusterClient cluster,
      MetadataCache metadata,
      ServerLimits limits,
      Accumulator accumulator,
      ProducerOutcomes outcomes,
      ProducerLoop loop) {
    this.config = config;
    this.cluster = cluster;
    this.metadata = metadata;
    this.limits = limits;
    this.identities = new ProducerIdentities(config, cluster, loop);
    this.accumulator = accumulator;
    this.outcomes = outcomes;
    this.loop = loop;
    this.leaders = new LeaderLookUps(cluster, metadata, loop, this);
    this.sweptMs = cluster.clock().monotonicMs();
    this.random = new SplittableRandom(cluster.clock().monotonicNanos());
    this.shared = new ProducerShared(cluster, loop::execute, this);
    this.settings =
        new ProducerSettings(
            config.acks(),
            config.maxInFlightBatches(),
            config.deliveryTimeout().toMillis(),
            config.ackTimeout().toMillis() + ANSWER_GRACE_MS,
            cluster.config().retryBackoff().toMillis(),
            cluster.config().maxRetryBackoff().toMillis());
  }

  /**
   * Does whatever is due.
   *
   * @return when to be called again at the latest, on the monotonic clock
   */
  long turn(long nowMs) {
    newPipeWanted = false;
    if (!identities.lacking()) {
      held.takeAll().forEach(batch -> offer(batch, nowMs));
    }
    long next = accumulator.takeDue(nowMs, this::hasRoom, batch -> handOver(batch, nowMs));
    held.takeExpired(nowMs).forEach(batch -> completed(batch, withoutIdentity()));
    next = Math.min(next, held.dueMs());
    if (identities.lacking() && (newPipeWanted || !held.isEmpty())) {
      identities.ask(failure -> failWithoutPipe(failure.error()));
    }
    schedule.takeDue(nowMs).forEach(pipe -> lookAt(pipe, nowMs));
    leaders.ask();
    return Math.min(next, schedule.nextMs(nowMs));
  }

  /** Does what is due for a pipe, and sees to it that it is looked at again in time. */
  private void lookAt(PartitionPipe pipe, long nowMs) {
    pipe.tick(nowMs);
    if (pipe.needsLookUp(nowMs) || pipe.needsStream(nowMs)) {
      findLeader(pipe, nowMs);
    }
    if (pipes.get(pipe.partition()) == pipe) {
      schedule.lookAgainAt(pipe, pipe.nextMs(nowMs));
    } else {
      schedule.forget(pipe);
    }
  }

  /** Fails what is left and ends the streams in order. */
  void close() {
    closing = true;
    MillraceError closed = new MillraceError(ErrorCode.UNAVAILABLE, "the producer was closed");
    failWaiting(closed);
    List.copyOf(pipes.values()).forEach(pipe -> pipe.session().end(closed));
    streams.completeAll();
  }

  /** Whether every stream is over. */
  boolean streamsEnded() {
    return streams.areOver();
  }

  void cancelStreams() {
    streams.cancelAll("the producer is closed");
  }

  private boolean hasRoom(TopicPartition partition) {
    PartitionPipe pipe = pipes.get(partition);
    newPipeWanted |= pipe == null;
    return pipe == null
        ? !identities.lacking()
        : pipe.session().pendingBatches() < Math.min(config.maxInFlightBatches(), EAGER_BATCHES);
  }

  private void handOver(ProducerBatch batch, long nowMs) {
    batch.encode();
    Optional<MillraceError> refusal =
        batch.failure().or(() -> limits.refusal(batch.encodedBytes()));
    if (refusal.isPresent()) {
      completed(batch, new BatchOutcome.Failed(refusal.get(), false));
    } else {
      offer(batch, nowMs);
    }
  }

  private void offer(ProducerBatch batch, long nowMs) {
    PartitionPipe pipe = pipes.get(batch.partition());
    if (pipe != null && !pipe.topicId().equals(batch.topicId())) {
      if (isCurrent(pipe)) {
        MillraceError stale = recreated(batch.partition().topic());
        completed(batch, new BatchOutcome.Failed(stale, false));
        return;
      }
      pipe.session().end(recreated(batch.partition().topic()));
      pipe = null;
    }
    if (pipe == null) {
      dropUnused(nowMs);
    }
    if (pipe == null && identities.lacking()) {
      // The end of an old pipe took the identity away; the new one begins with the next.
      held.add(batch, deadlineMs(batch));
      return;
    }
    if (pipe == null) {
      pipe = newPipe(batch.partition(), batch.topicId());
      pipes.put(batch.partition(), pipe);
    }
    pipe.offer(batch, deadlineMs(batch), nowMs);
  }

  /**
   * Drops pipes that have had nothing to do for long, and streams that none is on any more. Called
   * when there will be another pipe: what never grows need not shrink.
   */
  private void dropUnused(long nowMs) {
    if (nowMs - sweptMs < MetadataCache.IDLE_MS) {
      return;
    }
    sweptMs = nowMs;
    if (pipes.values().removeIf(this::isDropped)) {
      identities.giveUp();
    }
    streams.completeUnused(
        pipes.values().stream().flatMap(p -> p.connection().stream()).collect(Collectors.toSet()));
  }

  private boolean isDropped(PartitionPipe pipe) {
    boolean unused = pipe.takeUnused();
    if (unused) {
      schedule.forget(pipe);
    }
    return unused;
  }

  /** Whether the pipe's topic is the one that has its name now, as far as is known. */
  private boolean isCurrent(PartitionPipe pipe) {
    return metadata
        .known(pipe.partition().topic())
        .filter(topic -> topic.id().equals(pipe.topicId()))
        .isPresent();
  }

  private long deadlineMs(ProducerBatch batch) {
    return batch.createdMs() + config.deliveryTimeout().toMillis();
  }

  private BatchOutcome withoutIdentity() {
    MillraceError error =
        new MillraceError(
            ErrorCode.REQUEST_TIMED_OUT,
            "not delivered within "
                + config.deliveryTimeout().toMillis()
                + " ms; no broker gave an identity");
    return new BatchOutcome.Failed(error, false);
  }

  private PartitionPipe newPipe(TopicPartition partition, UUID topicId) {
    return new PartitionPipe(
        partition,
        topicId,
        settings,
        identities.newest(),
        random::nextDouble,
        cluster.newLeaderBackoff(),
        cluster.newAnswerSilence(),
        this);
  }

  /** Fails what waits for an identity; what has a pipe goes there. */
  private void failWithoutPipe(MillraceError error) {
    long nowMs = loop.nowMs();
    BatchOutcome failed = new BatchOutcome.Failed(error, false);
    held.takeAll().forEach(batch -> completed(batch, failed));
    accumulator.sealAll();
    accumulator.takeDue(
        nowMs,
        partition -> true,
        batch -> {
          if (pipes.containsKey(batch.partition())) {
            handOver(batch, nowMs);
          } else {
            completed(batch, failed);
          }
        });
  }

  /** Fails the batches that no pipe has. */
  private void failWaiting(MillraceError error) {
    BatchOutcome failed = new BatchOutcome.Failed(error, false);
    held.takeAll().forEach(batch -> completed(batch, failed));
    accumulator.sealAll();
    accumulator.takeDue(Long.MAX_VALUE, partition -> true, batch -> completed(batch, failed));
  }

  private void findLeader(PartitionPipe pipe, long nowMs) {
    String name = pipe.partition().topic();
    Optional<TopicView> known = pipe.leaderInDoubt() ? Optional.empty() : metadata.known(name);
    if (known.isPresent()) {
      lead(pipe, known.get(), nowMs);
    } else {
      leaders.doubt(name, pipe.connection().map(ProduceConnection::broker));
    }
  }

  @Override
  public void told(Set<String> topics, Map<String, MillraceError> errors) {
    for (PartitionPipe pipe : pipesOf(topics)) {
      String name = pipe.partition().topic();
      MillraceError error = errors.get(name);
      if (error == null) {
        leadOrRetry(pipe, name);
      } else if (error.code() != ErrorCode.UNKNOWN_TOPIC) {
        pipe.retryLater(loop.nowMs(), error);
      } else if (pipe.isGone(loop.nowMs(), gonePatienceMs(), error)) {
        metadata.forget(name);
        pipe.session().end(error);
      }
    }
  }

  /** For how long the brokers must not know of a topic that there was. */
  private long gonePatienceMs() {
    return cluster.config().maxRetryBackoff().toMillis();
  }

  private void leadOrRetry(PartitionPipe pipe, String name) {
    Optional<TopicView> topic = metadata.known(name);
    if (topic.isPresent()) {
      lead(pipe, topic.get(), loop.nowMs());
    } else {
      pipe.retryLater(
          loop.nowMs(),
          new MillraceError(ErrorCode.INTERNAL, "the broker told nothing of " + name));
    }
  }

  @Override
  public void untold(Set<String> topics, MillraceException why) {
    pipesOf(topics).forEach(pipe -> pipe.retryLater(loop.nowMs(), why.error()));
  }

  private List<PartitionPipe> pipesOf(Set<String> topics) {
    return pipes.values().stream().filter(p -> topics.contains(p.partition().topic())).toList();
  }

  private void lead(PartitionPipe pipe, TopicView topic, long nowMs) {
    if (!topic.id().equals(pipe.topicId())) {
      pipe.session().end(recreated(topic.name()));
      return;
    }
    int number = pipe.partition().partition();
    if (number >= topic.partitions().size()) {
      // A broker that is behind tells of the topic as it was.
      pipe.retryLater(nowMs, Leaders.unknown(topic, number).error());
      return;
    }
    PartitionView view = topic.partitions().get(number);
    pipe.leaderIs(view, nowMs);
    if (!pipe.needsStream(nowMs)) {
      return;
    }
    if (view.leader().isEmpty()) {
      pipe.retryLater(nowMs, Leaders.none(view).error());
      return;
    }
    pipe.join(streams.streamFor(view.leader().get(), pipe), nowMs);
  }

  private static MillraceError recreated(String topic) {
    return new MillraceError(
        ErrorCode.UNKNOWN_TOPIC_ID, topic + " was deleted and created again: send again");
  }

  private ProduceConnection open(BrokerAddress broker) {
    ProduceStreamOpen open =
        ProduceStreamOpen.newBuilder()
            .setAcks(wire(config.acks()))
            .setTimeoutMs(Math.toIntExact(config.ackTimeout().toMillis()))
            .build();
    return new ProduceConnection(
        broker, ++lastStreamEpoch, open, config.acks() != Acks.NONE, shared);
  }

  private static io.millrace.proto.v1.Acks wire(Acks acks) {
    return switch (acks) {
      case NONE -> io.millrace.proto.v1.Acks.ACKS_NONE;
      case LEADER -> io.millrace.proto.v1.Acks.ACKS_LEADER;
      case ALL -> io.millrace.proto.v1.Acks.ACKS_ALL;
    };
  }

  @Override
  public void opened(ProduceConnection connection, ProduceStreamOpened limits) {
    long nowMs = loop.nowMs();
    for (PartitionPipe pipe : List.copyOf(pipes.values())) {
      if (pipe.connection().filter(c -> c == connection).isPresent()) {
        pipe.streamOpened(limits, nowMs);
      }
    }
  }

  @Override
  public void answered(ProduceConnection connection, PartitionPipe pipe, Frame frame) {
    ErrorCode unknownId = ErrorCode.UNKNOWN_TOPIC_ID;
    if (frame.result().getResult().getError().getCodeValue() == unknownId.number()) {
      // Before the futures complete: whoever then sends again is to find the new topic.
      metadata.forget(pipe.partition().topic());
    }
    pipe.answered(connection, frame, loop.nowMs());
    if (frame.result().getResult().hasError()) {
      followHint(connection, pipe, GrpcErrors.fromProto(frame.result().getResult().getError()));
    }
  }

  /** Who leads no more may know who does: then nobody else is asked, and nothing is waited for. */
  private void followHint(ProduceConnection from, PartitionPipe pipe, MillraceError refusal) {
    String name = pipe.partition().topic();
    boolean onStream = pipe.connection().filter(c -> c == from).isPresent();
    Optional<TopicView> topic =
        LeaderHint.in(refusal).flatMap(hint -> metadata.learn(name, pipe.id(), hint));
    if (onStream
        && topic.isPresent()
        && !Leaders.partition(topic.get(), pipe.partition()).isLedBy(from.broker())) {
      lead(pipe, topic.get(), loop.nowMs());
    }
  }

  @Override
  public void refusedLate(ProduceConnection connection, ProduceFrameResult result, int records) {
    // Here, once: the pipe may have ended, or moved to another stream.
    outcomes.counters().lateFailure(records, GrpcErrors.fromProto(result.getResult().getError()));
    for (PartitionPipe pipe : List.copyOf(pipes.values())) {
      boolean same =
          pipe.partition().partition() == result.getResult().getPartition()
              && Uuids.toBytes(pipe.topicId()).equals(result.getResult().getTopicId());
      if (same) {
        pipe.answered(connection, new Frame(0, result), loop.nowMs());
      }
    }
  }

  @Override
  public void ended(ProduceConnection connection, MillraceException cause) {
    streams.ended(connection);
    if (closing) {
      return;
    }
    boolean hopeless = !cause.code().retriable() && cause.code() != ErrorCode.INTERNAL;
    if (!connection.isCompleting()) {
      cluster.channels().dialNow(connection.broker());
    }
    for (PartitionPipe pipe : List.copyOf(pipes.values())) {
      if (pipe.connection().filter(c -> c == connection).isPresent()) {
        if (hopeless) {
          pipe.session().end(cause.error());
        } else {
          pipe.leaveStream(loop.nowMs(), cause.error());
        }
      }
    }
  }

  @Override
  public void sending(ProducerBatch batch) {
    outcomes.counters().sent(batch);
  }

  @Override
  public List<ProducerBatch> split(ProducerBatch batch, MillraceError error) {
    int partBytes = BatchCutter.partBytes(batch, config.compression(), error);
    limits.learnTopic(batch.topicId(), partBytes);
    List<ProducerBatch> parts = batch.cut(partBytes);
    outcomes.cut(batch, parts);
    return parts;
  }

  @Override
  public void completed(ProducerBatch batch, BatchOutcome outcome) {
    outcomes.complete(batch, outcome);
    if (outcome instanceof BatchOutcome.Acknowledged) {
      limits.taken(batch.topicId());
    }
  }

  @Override
  public void changed(PartitionPipe pipe) {
    schedule.changed(pipe);
  }

  @Override
  public void needIdentity(PartitionPipe pipe, MillraceError reason) {
    identities.raise(
        pipe.session().identity(),
        granted -> pipe.identityGranted(granted, loop.nowMs()),
        failure -> pipe.session().end(failure.error()));
  }

  @Override
  public void abandon(PartitionPipe pipe, long streamEpoch) {
    loop.execute(
        () -> {
          Optional<ProduceConnection> silent =
              pipe.connection().filter(c -> c.epoch() == streamEpoch);
          if (silent.isPresent() && !silent.get().ended()) {
            silent.get().cancel("no answer in time");
            ended(
                silent.get(),
                new MillraceException(
                    ErrorCode.REQUEST_TIMED_OUT, silent.get().broker() + " does not answer"));
          }
        });
  }

  @Override
  public void ended(PartitionPipe pipe, MillraceError error) {
    pipes.remove(pipe.partition(), pipe);
    schedule.forget(pipe);
    identities.giveUp();
  }
}
