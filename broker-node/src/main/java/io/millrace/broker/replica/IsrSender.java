package io.millrace.broker.replica;

import io.millrace.broker.replica.core.LeadingEffect.ProposeIsr;
import io.millrace.broker.replica.core.LeadingEvent.IsrAnswered;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.controller.BrokerCommand.AlterPartitions;
import io.millrace.metadata.controller.BrokerCommand.IsrMember;
import io.millrace.metadata.controller.BrokerCommand.IsrProposal;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.AlterPartitionsResult;
import io.millrace.metadata.controller.CommandResult.PartitionOutcome;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proposes in-sync replicas to the active controller for all partitions that this broker leads,
 * many in one command, one command at a time. What is not answered, or whose outcome is not known,
 * is proposed again: a partition counts with a proposal until it hears of its end. If the first was
 * carried out, its repetition is refused for its old partition epoch; the partition does not take
 * that for the end of the proposal, nor a refusal while an earlier copy may be under way (see its
 * core).
 *
 * <p>Thread-safe: one lock, under which nobody is told of anything.
 */
final class IsrSender {
  private static final Logger LOG = LoggerFactory.getLogger(IsrSender.class);
  private static final int MOST_IN_A_COMMAND = 500;
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final long AGAIN_MS = 100;

  private final int brokerId;
  private final MetadataQuorum quorum;
  private final Function<TopicIdPartition, Optional<PartitionHost>> partitions;
  private final Scheduler scheduler;
  private final ReplicationMetrics metrics;

  /** Not answered yet, the newest of each partition. */
  private final Map<TopicIdPartition, Open> open = new LinkedHashMap<>();

  /** Whether a command is under way, or waited with. */
  private boolean busy;

  private boolean closed;

  /**
   * What is not answered.
   *
   * @param inDoubt whether it was sent before, and nobody knows what became of that
   */
  private record Open(ProposeIsr proposal, boolean inDoubt) {}

  /** What one command proposes, and what was known of each partition before. */
  private record Sent(TopicIdPartition id, Open open, Optional<PartitionImage> before) {
    ProposeIsr proposal() {
      return open.proposal();
    }
  }

  IsrSender(
      int brokerId,
      MetadataQuorum quorum,
      Function<TopicIdPartition, Optional<PartitionHost>> partitions,
      Scheduler scheduler,
      ReplicationMetrics metrics) {
    this.brokerId = brokerId;
    this.quorum = quorum;
    this.partitions = partitions;
    this.scheduler = scheduler;
    this.metrics = metrics;
  }

  /** Proposes, in place of what was proposed for the partition before. */
  void propose(TopicIdPartition id, ProposeIsr proposal) {
    synchronized (this) {
      open.put(id, new Open(proposal, false));
      if (busy || closed) {
        return;
      }
      busy = true;
    }
    // Off the shard, and together with what others propose at the moment.
    scheduler.schedule(0, this::send);
  }

  private void send() {
    MetadataImage image = quorum.image();
    Optional<BrokerImage> me = image.broker(brokerId);
    List<Sent> sent = new ArrayList<>();
    synchronized (this) {
      if (closed || open.isEmpty()) {
        busy = false;
        return;
      }
      open.entrySet().stream()
          .limit(MOST_IN_A_COMMAND)
          .map(each -> new Sent(each.getKey(), each.getValue(), known(image, each.getKey())))
          .forEach(sent::add);
    }
    if (me.isEmpty()) {
      scheduler.schedule(AGAIN_MS, this::send);
      return;
    }
    AlterPartitions command =
        new AlterPartitions(
            brokerId, me.get().epoch(), sent.stream().map(IsrSender::proposal).toList());
    CompletableFuture<CommandResult> unused =
        quorum
            .submit(command, TIMEOUT)
            .whenComplete((result, thrown) -> answered(sent, result, thrown));
  }

  /** However it ends, the next one follows: what is not answered stays open. */
  private void answered(
      List<Sent> sent, @Nullable CommandResult result, @Nullable Throwable thrown) {
    long nextMs = AGAIN_MS;
    try {
      if (result instanceof AlterPartitionsResult altered) {
        answered(sent, altered);
        nextMs = 0;
      } else {
        LOG.info("[broker {}] in-sync replicas are proposed again: {}", brokerId, result, thrown);
        doubt(sent);
      }
    } catch (RuntimeException e) {
      LOG.error("[broker {}] an answer about in-sync replicas was not understood", brokerId, e);
    }
    scheduler.schedule(nextMs, this::send);
  }

  /** Whatever was not judged may be under way yet, for all that this side knows. */
  private synchronized void doubt(List<Sent> sent) {
    for (Sent each : sent) {
      open.replace(each.id(), each.open(), new Open(each.proposal(), true));
    }
  }

  private static Optional<PartitionImage> known(MetadataImage image, TopicIdPartition id) {
    return image.topic(id.topicId()).flatMap(topic -> topic.partition(id.partition()));
  }

  private static IsrProposal proposal(Sent sent) {
    return new IsrProposal(
        sent.id().topicId(),
        sent.id().partition(),
        sent.proposal().leaderEpoch(),
        sent.proposal().partitionEpoch(),
        sent.proposal().isr().stream()
            .map(member -> new IsrMember(member.brokerId(), member.brokerEpoch()))
            .toList());
  }

  private void answered(List<Sent> sent, AlterPartitionsResult altered) {
    for (int i = 0; i < sent.size(); i++) {
      answered(sent.get(i), altered.partitions().get(i));
    }
  }

  private void answered(Sent sent, PartitionOutcome outcome) {
    synchronized (this) {
      open.remove(sent.id(), sent.open());
    }
    if (outcome.error().isEmpty()) {
      count(sent);
    }
    IsrAnswered event =
        new IsrAnswered(
            sent.proposal().leaderEpoch(),
            sent.proposal().partitionEpoch(),
            outcome.error(),
            sent.open().inDoubt());
    tell(sent, outcome.error());
    partitions.apply(sent.id()).ifPresent(partition -> partition.post(event));
  }

  private void count(Sent sent) {
    Set<Integer> before = new HashSet<>(sent.before().map(PartitionImage::isr).orElse(List.of()));
    Set<Integer> after = new HashSet<>();
    sent.proposal().isr().forEach(member -> after.add(member.brokerId()));
    int joined = (int) after.stream().filter(each -> !before.contains(each)).count();
    int left = (int) before.stream().filter(each -> !after.contains(each)).count();
    metrics.isrChanged(left, joined);
  }

  private void tell(Sent sent, Optional<MillraceError> refusal) {
    LOG.info(
        "[broker {}] [{} epoch {}] in-sync replicas {}{}",
        brokerId,
        partitions.apply(sent.id()).map(host -> host.name().toString()).orElse("" + sent.id()),
        sent.proposal().leaderEpoch(),
        sent.proposal().isr().stream().map(member -> member.brokerId()).toList(),
        refusal.map(why -> " are refused: " + why).orElse(""));
  }

  /** Proposes nothing any more. */
  synchronized void close() {
    closed = true;
  }
}
