package io.millrace.it.simulation;

import io.millrace.broker.replica.PartitionView;
import io.millrace.broker.replica.ReplicationPort;
import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.broker.replica.core.IsrMember;
import io.millrace.broker.replica.core.LeaderState;
import io.millrace.broker.replica.core.LeadingEffect;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.metadata.image.PartitionImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a replica with a planted bug makes of what it is told. Confined to the simulation's thread.
 */
final class PlantedEvents {
  private static final long SLOW_MICROS = 20_000;

  private final ReplicaHost replica;
  private final ReplicationPort port;

  /** Frames that are told late. */
  private final List<FollowingEvent.ReplicatedBatches> slow = new ArrayList<>();

  /** Frames of a leader that was followed before. */
  private final List<FollowingEvent.ReplicatedBatches> old = new ArrayList<>();

  private final Map<FollowerRef, Integer> followers = new HashMap<>();

  /** By follower: what it acknowledged last, on whatever subscription. */
  private final Map<Integer, LeadingEvent.FollowerAcknowledged> positions = new HashMap<>();

  PlantedEvents(ReplicaHost replica, ReplicationPort port) {
    this.replica = replica;
    this.port = port;
  }

  List<PartitionEvent> told(PlantedBug bug, PartitionEvent event) {
    return switch (bug) {
      case TRUNCATED_BY_HIGH_WATERMARK -> truncateByHighWatermark(event);
      case HIGH_WATERMARK_RAISED_BEFORE_TRUNCATION -> raiseBeforeTruncation(event);
      case DIVERGENCE_NOT_CHECKED -> withoutCheck(event);
      case POSITION_OUTLIVES_SUBSCRIPTION -> withOldPosition(event);
      case OLD_FRAMES_ACCEPTED -> withOldFrames(event);
      case ACKNOWLEDGED_BEFORE_APPENDED -> acknowledgedFirst(event);
      case JOINS_BELOW_EPOCH_START -> joinTooEarly(event);
      case PRODUCERS_FORGOTTEN_AT_FAILOVER -> forgetProducers(event);
      case MIN_ISR_NOT_HEEDED -> withoutMinIsr(event);
      case LATE_COPY_NOT_COUNTED -> withoutDoubt(event);
      case LOG_START_NOT_FOLLOWED -> withoutLogStart(event);
      case DELETED_AT_THE_LEADER_ALONE -> withoutLogStartOfFollowers(event);
      default -> List.of(event);
    };
  }

  private PartitionView view() {
    return replica.view();
  }

  private void later(PartitionEvent event) {
    replica.process().later(SLOW_MICROS, () -> replica.handle(event));
  }

  private List<PartitionEvent> truncateByHighWatermark(PartitionEvent event) {
    boolean more = view().logEndOffset() > view().highWatermark();
    return event instanceof FollowingEvent.Subscribed subscribed && more
        ? List.of(
            new FollowingEvent.Diverged(
                subscribed.attempt(), view().leaderEpoch(), view().highWatermark()))
        : List.of(event);
  }

  private List<PartitionEvent> raiseBeforeTruncation(PartitionEvent event) {
    if (event instanceof FollowingEvent.Diverged diverged) {
      later(event);
      return List.of(
          new FollowingEvent.Subscribed(diverged.attempt(), replica.ledger().committedEnd(), 0));
    }
    return List.of(event);
  }

  private List<PartitionEvent> withoutCheck(PartitionEvent event) {
    return event instanceof LeadingEvent.FollowerSubscribes asked && asked.lastEpoch() >= 0
        ? List.of(
            new LeadingEvent.FollowerSubscribes(
                asked.ref(),
                asked.followerId(),
                asked.brokerEpoch(),
                asked.leaderEpoch(),
                asked.position(),
                replica.log().leaderEpochs().latestEpoch().orElse(asked.lastEpoch())))
        : List.of(event);
  }

  private List<PartitionEvent> withOldPosition(PartitionEvent event) {
    if (event instanceof LeadingEvent.FollowerAcknowledged at && followers.get(at.ref()) != null) {
      positions.put(followers.get(at.ref()), at);
    } else if (event instanceof LeadingEvent.FollowerSubscribes asked) {
      followers.put(asked.ref(), asked.followerId());
      LeadingEvent.FollowerAcknowledged before = positions.get(asked.followerId());
      if (before != null) {
        return List.of(
            event,
            new LeadingEvent.FollowerAcknowledged(
                asked.ref(), before.appended(), before.durable(), before.logStart()));
      }
    }
    return List.of(event);
  }

  private List<PartitionEvent> withOldFrames(PartitionEvent event) {
    if (event instanceof FollowingEvent.ReplicatedBatches batches) {
      slow.add(batches);
      replica
          .process()
          .later(
              SLOW_MICROS,
              () -> {
                if (slow.remove(batches)) {
                  replica.handle(batches);
                }
              });
      return List.of();
    }
    if (event instanceof PartitionEvent.BecomeFollower) {
      old.addAll(slow);
      slow.clear();
    } else if (event instanceof FollowingEvent.Subscribed subscribed) {
      List<PartitionEvent> all = new ArrayList<>(List.of(event));
      long end = view().logEndOffset();
      for (FollowingEvent.ReplicatedBatches each : old) {
        all.add(
            new FollowingEvent.ReplicatedBatches(
                subscribed.attempt(),
                end,
                subscribed.highWatermark(),
                subscribed.logStartOffset(),
                each.batches()));
      }
      old.clear();
      return all;
    }
    return List.of(event);
  }

  private List<PartitionEvent> acknowledgedFirst(PartitionEvent event) {
    if (event instanceof FollowingEvent.ReplicatedBatches batches) {
      long end = replica.ledger().endOfBatchAt(batches.prevEndOffset());
      port.acknowledge(
          new FollowingEffect.Acknowledge(
              batches.attempt(), end, end, replica.log().logStartOffset()),
          Runnable::run);
      later(event);
      return List.of();
    }
    return List.of(event);
  }

  private List<PartitionEvent> joinTooEarly(PartitionEvent event) {
    Optional<PartitionImage> known =
        replica
            .partition()
            .filter(partition -> partition.leader() == replica.process().id())
            .filter(partition -> partition.leaderEpoch() == view().leaderEpoch());
    if (event instanceof LeadingEvent.FollowerSubscribes asked
        && known.isPresent()
        && view().leads()
        && asked.leaderEpoch() == view().leaderEpoch()
        && known.get().replicas().contains(asked.followerId())
        && !known.get().isr().contains(asked.followerId())
        && asked.position() >= view().highWatermark()
        && asked.position() < view().epochStartOffset()) {
      List<IsrMember> isr = new ArrayList<>();
      for (int member : known.get().replicas()) {
        if (known.get().isr().contains(member) || member == asked.followerId()) {
          isr.add(new IsrMember(member, IsrMember.ANY_EPOCH));
        }
      }
      port.propose(
          new LeadingEffect.ProposeIsr(view().leaderEpoch(), known.get().partitionEpoch(), isr));
    }
    return List.of(event);
  }

  private List<PartitionEvent> forgetProducers(PartitionEvent event) {
    if (event instanceof PartitionEvent.BecomeLeader) {
      replica.process().shard().post(() -> replica.log().producers().expire(Long.MAX_VALUE, 1));
    }
    return List.of(event);
  }

  private static List<PartitionEvent> withoutDoubt(PartitionEvent event) {
    return event instanceof LeadingEvent.IsrAnswered answered
        ? List.of(
            new LeadingEvent.IsrAnswered(
                answered.leaderEpoch(), answered.partitionEpoch(), answered.refusal(), false))
        : List.of(event);
  }

  private static List<PartitionEvent> withoutLogStartOfFollowers(PartitionEvent event) {
    return event instanceof LeadingEvent.FollowerAcknowledged at
        ? List.of(
            new LeadingEvent.FollowerAcknowledged(
                at.ref(), at.appended(), at.durable(), LeadingEvent.LOG_START_UNTOLD))
        : List.of(event);
  }

  private static List<PartitionEvent> withoutLogStart(PartitionEvent event) {
    if (event instanceof FollowingEvent.Subscribed subscribed) {
      return List.of(
          new FollowingEvent.Subscribed(subscribed.attempt(), subscribed.highWatermark(), 0));
    } else if (event instanceof FollowingEvent.WatermarksMoved moved) {
      return List.of(new FollowingEvent.WatermarksMoved(moved.attempt(), moved.highWatermark(), 0));
    } else if (event instanceof FollowingEvent.ReplicatedBatches batches) {
      return List.of(
          new FollowingEvent.ReplicatedBatches(
              batches.attempt(),
              batches.prevEndOffset(),
              batches.highWatermark(),
              0,
              batches.batches()));
    }
    return List.of(event);
  }

  private static List<PartitionEvent> withoutMinIsr(PartitionEvent event) {
    if (event instanceof PartitionEvent.BecomeLeader begin) {
      return List.of(new PartitionEvent.BecomeLeader(withoutMinIsr(begin.state())));
    } else if (event instanceof PartitionEvent.StateCommitted changed) {
      return List.of(new PartitionEvent.StateCommitted(withoutMinIsr(changed.state())));
    }
    return List.of(event);
  }

  private static LeaderState withoutMinIsr(LeaderState state) {
    return new LeaderState(
        state.leaderEpoch(), state.partitionEpoch(), state.replicas(), state.isr(), 1);
  }
}
