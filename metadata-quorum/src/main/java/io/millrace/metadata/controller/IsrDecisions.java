package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.controller.BrokerCommand.AlterPartitions;
import io.millrace.metadata.controller.BrokerCommand.IsrMember;
import io.millrace.metadata.controller.BrokerCommand.IsrProposal;
import io.millrace.metadata.controller.CommandResult.AlterPartitionsResult;
import io.millrace.metadata.controller.CommandResult.PartitionOutcome;
import io.millrace.metadata.controller.PartitionTransition.Next;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The leaders' proposals of other in-sync replicas as records (S09, S10, KIP-841, KIP-903). A
 * leader that proposes the others without itself gives the leadership up, as its log is corrupt: it
 * is unclean then (S14, S25).
 */
final class IsrDecisions {
  private final DynamicConfigs configs;

  IsrDecisions(DynamicConfigs configs) {
    this.configs = configs;
  }

  Decision alter(MetadataImage image, AlterPartitions command, long revisionAfter) {
    BrokerLookup.registered(image, command.brokerId(), command.brokerEpoch());
    PartitionChangeSet changes = new PartitionChangeSet(Integer.MAX_VALUE);
    Set<TopicIdPartition> seen = new HashSet<>();
    List<PartitionOutcome> outcomes = new ArrayList<>();
    for (IsrProposal proposal : command.partitions()) {
      boolean again = !seen.add(new TopicIdPartition(proposal.topicId(), proposal.partition()));
      outcomes.add(
          again
              ? refused(
                  ErrorCode.INVALID_REQUEST,
                  "partition: " + proposal.partition() + " twice (expected: once in a request)")
              : judge(image, command.brokerId(), proposal, changes));
    }
    long revision = changes.isEmpty() ? image.revision() : revisionAfter;
    return Decision.answer(changes.records(), new AlterPartitionsResult(outcomes, revision));
  }

  private PartitionOutcome judge(
      MetadataImage image, int broker, IsrProposal proposal, PartitionChangeSet changes) {
    Optional<TopicImage> topic = image.topic(proposal.topicId());
    if (topic.isEmpty()) {
      return refused(
          ErrorCode.UNKNOWN_TOPIC_ID,
          "topic id: " + proposal.topicId() + " (expected: one that exists)");
    }
    int count = topic.get().partitions().size();
    Optional<PartitionImage> known = topic.get().partition(proposal.partition());
    if (known.isEmpty()) {
      return refused(
          ErrorCode.UNKNOWN_PARTITION,
          "partition: " + proposal.partition() + " (expected: below " + count + ")");
    }
    PartitionImage before = known.get();
    Eligibility eligibility = new Eligibility(image, topic.get(), configs);
    Optional<MillraceError> error =
        checkEpochs(broker, proposal, before)
            .or(() -> checkIsr(eligibility, broker, proposal, before));
    if (error.isPresent()) {
      return new PartitionOutcome(error, known);
    }
    List<Integer> isr = proposal.isr().stream().map(IsrMember::broker).toList();
    List<Integer> inOrder = before.replicas().stream().filter(isr::contains).toList();
    PartitionTransition transition = new PartitionTransition(before, eligibility).isr(inOrder);
    Next next =
        (isr.contains(broker) ? transition : transition.dropUnclean(broker)).nextInAnyCase();
    changes.add(topic.get(), proposal.partition(), before, next);
    return new PartitionOutcome(Optional.empty(), Optional.of(next.after()));
  }

  private static Optional<MillraceError> checkEpochs(
      int broker, IsrProposal proposal, PartitionImage partition) {
    if (proposal.leaderEpoch() > partition.leaderEpoch()) {
      return error(
          ErrorCode.UNKNOWN_LEADER_EPOCH,
          "leader epoch: "
              + proposal.leaderEpoch()
              + " (expected: "
              + partition.leaderEpoch()
              + ")");
    }
    if (proposal.leaderEpoch() < partition.leaderEpoch()) {
      return error(
          ErrorCode.FENCED_LEADER_EPOCH,
          "leader epoch: "
              + proposal.leaderEpoch()
              + " (expected: "
              + partition.leaderEpoch()
              + ")");
    }
    if (partition.leader() != broker) {
      return error(
          ErrorCode.NOT_LEADER, "leader: " + broker + " (expected: " + partition.leader() + ")");
    }
    if (proposal.partitionEpoch() != partition.partitionEpoch()) {
      return error(
          ErrorCode.STALE_PARTITION_EPOCH,
          "partition epoch: "
              + proposal.partitionEpoch()
              + " (expected: "
              + partition.partitionEpoch()
              + ")");
    }
    return Optional.empty();
  }

  private static Optional<MillraceError> checkIsr(
      Eligibility eligibility, int leader, IsrProposal proposal, PartitionImage partition) {
    List<Integer> isr = proposal.isr().stream().map(IsrMember::broker).toList();
    boolean wellFormed =
        new HashSet<>(isr).size() == isr.size() && partition.replicas().containsAll(isr);
    if (!wellFormed || isr.isEmpty()) {
      return error(
          ErrorCode.INVALID_REQUEST,
          "isr: " + isr + " (expected: at least one of " + partition.replicas() + ", none twice)");
    }
    if (!isr.contains(leader)) {
      return checkGivingUp(eligibility, isr, partition);
    }
    for (IsrMember member : proposal.isr()) {
      boolean joins = !partition.isr().contains(member.broker());
      Optional<String> why = joins ? whyNot(eligibility, partition, member) : Optional.empty();
      if (why.isPresent()) {
        return Optional.of(
            new MillraceError(
                ErrorCode.INELIGIBLE_REPLICA,
                "broker " + member.broker() + " " + why.get(),
                Map.of("broker_id", "" + member.broker())));
      }
    }
    return Optional.empty();
  }

  /** A leader whose log is corrupt goes only if one that is in sync can lead. */
  private static Optional<MillraceError> checkGivingUp(
      Eligibility eligibility, List<Integer> isr, PartitionImage partition) {
    boolean anyLeads =
        isr.stream().anyMatch(broker -> eligibility.active(partition.assignment(), broker));
    return partition.isr().containsAll(isr) && anyLeads
        ? Optional.empty()
        : error(
            ErrorCode.INELIGIBLE_REPLICA,
            "isr: "
                + isr
                + ", without the leader (expected: of "
                + partition.isr()
                + ", one that can lead among them)");
  }

  /** Why a replica may not join the in-sync replicas (S10). */
  private static Optional<String> whyNot(
      Eligibility eligibility, PartitionImage partition, IsrMember member) {
    Optional<BrokerImage> broker = eligibility.image().broker(member.broker());
    if (broker.isEmpty()) {
      return Optional.of("is not registered (expected: a live broker)");
    }
    if (member.brokerEpoch() != -1 && member.brokerEpoch() != broker.get().epoch()) {
      return Optional.of(
          "at epoch " + member.brokerEpoch() + " (expected: epoch " + broker.get().epoch() + ")");
    }
    if (!broker.get().active()) {
      return Optional.of("is " + broker.get().state() + " (expected: ACTIVE)");
    }
    return eligibility.directoryOnline(partition.assignment(), member.broker())
        ? Optional.empty()
        : Optional.of("has its replica in a directory that is offline (expected: an online one)");
  }

  private static Optional<MillraceError> error(ErrorCode code, String message) {
    return Optional.of(new MillraceError(code, message));
  }

  private static PartitionOutcome refused(ErrorCode code, String message) {
    return new PartitionOutcome(error(code, message), Optional.empty());
  }
}
