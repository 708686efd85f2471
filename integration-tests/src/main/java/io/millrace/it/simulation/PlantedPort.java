package io.millrace.it.simulation;

import io.millrace.broker.replica.ReplicationPort;
import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.IsrMember;
import io.millrace.broker.replica.core.LeaderState;
import io.millrace.broker.replica.core.LeadingEffect;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.image.PartitionImage;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;

/** What a replica with a planted bug says to others. Confined to the simulation's thread. */
final class PlantedPort implements ReplicationPort {
  private final ReplicaHost replica;
  private final ReplicationPort port;
  private final PlantedBug bug;

  PlantedPort(ReplicaHost replica, ReplicationPort port, PlantedBug bug) {
    this.replica = replica;
    this.port = port;
    this.bug = bug;
  }

  @Override
  public void propose(LeadingEffect.ProposeIsr proposal) {
    port.propose(proposal);
    Optional<PartitionImage> known = replica.partition();
    if (known.isEmpty()) {
      return;
    }
    Set<Integer> isr = proposal.isr().stream().map(IsrMember::brokerId).collect(Collectors.toSet());
    if (bug == PlantedBug.PENDING_SHRINK_COUNTED && !isr.containsAll(known.get().isr())) {
      replica.post(
          new PartitionEvent.StateCommitted(
              new LeaderState(
                  proposal.leaderEpoch(),
                  proposal.partitionEpoch() + 1,
                  known.get().replicas(),
                  isr,
                  known.get().effectiveMinIsr())));
    } else if (bug == PlantedBug.PENDING_ADDITION_NOT_COUNTED
        && !known.get().isr().containsAll(isr)) {
      replica.post(
          new LeadingEvent.IsrAnswered(
              proposal.leaderEpoch(),
              proposal.partitionEpoch(),
              Optional.of(new MillraceError(ErrorCode.INELIGIBLE_REPLICA, "planted")),
              false));
    }
  }

  @Override
  public void subscribe(FollowingEffect.Subscribe subscribe) {
    port.subscribe(subscribe);
  }

  @Override
  public long attemptsFrom() {
    return port.attemptsFrom();
  }

  @Override
  public void answer(FollowerRef ref, SubscribeAnswer answer) {
    port.answer(ref, answer);
  }

  @Override
  public void endSubscription(FollowerRef ref, MillraceError why) {
    port.endSubscription(ref, why);
  }

  @Override
  public void unsubscribe(long attempt) {
    port.unsubscribe(attempt);
  }

  @Override
  public void acknowledge(FollowingEffect.Acknowledge position, Executor atEnd) {
    port.acknowledge(position, atEnd);
  }

  @Override
  public void refused(MillraceError why) {
    port.refused(why);
  }
}
