package io.millrace.broker.replica.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Decides who is in sync (S09, S10) and proposes it to the controller, one change at a time.
 * Confined to its core.
 *
 * <p>A member leaves if it has not been caught up for the lag time. A follower joins once it has
 * acknowledged what is committed and where the leader's epoch began, and has deleted what clients
 * were told is gone, if its broker may (KIP-841) and is the process that the controller knows
 * (KIP-903). One that left for being silent joins on news of itself, or if it lacks nothing: its
 * broker may have been fenced for a while and be back, and tells nothing while nothing is written.
 * A proposal stays in flight until it is answered or a newer state is committed; until then the
 * maximal ISR counts. If it is refused while a copy of it may be under way, which may be judged
 * when its members are eligible again, it counts on: the committed ISR is proposed, which ends the
 * partition epoch and with it the copy.
 *
 * <p>A leader whose log was found corrupt proposes the others without itself, once there is another
 * in sync: that is how it gives the leadership up.
 */
final class IsrTracker {
  /** How long after a refusal nothing is proposed. */
  static final long RETRY_MS = 1_000;

  /** How long after a refusal the leadership is not given up; ordinary changes are proposed. */
  static final long GIVE_UP_RETRY_MS = 30_000;

  private final PartitionState state;
  private final Acknowledgements replicas;
  private final CaughtUpMarks marks;
  private final long lagTimeMs;
  private Map<Integer, Long> eligible = Map.of();
  private boolean inFlight;

  /** Whether the committed ISR is proposed, to end what is in flight. */
  private boolean ending;

  /** When the committed ISR is proposed again, unless a newer state comes before. */
  private long endAgainAtMs = Long.MAX_VALUE;

  private long retryAtMs = Long.MIN_VALUE;

  /** Whether what was proposed last gives the leadership up. */
  private boolean gaveUp;

  private long giveUpAtMs = Long.MIN_VALUE;

  /** When the earliest timer that is set goes off. */
  private long timerMs = Long.MAX_VALUE;

  IsrTracker(PartitionState state, long lagTimeMaxMs) {
    this.state = state;
    this.replicas = state.acknowledgements();
    this.marks = new CaughtUpMarks(lagTimeMaxMs);
    // Marks tell a time too early by one spacing at most: nobody may leave for that.
    this.lagTimeMs = lagTimeMaxMs + marks.spacingMs();
  }

  // ---- what happens

  void becameLeader(long nowMs, List<Effect> effects) {
    marks.clear();
    giveUpAtMs = Long.MIN_VALUE;
    inFlight = false;
    ending = false;
    retryAtMs = Long.MIN_VALUE;
    for (ReplicaProgress replica : replicas.replicas()) {
      replica.caughtUpAsOf(nowMs);
    }
    review(nowMs, effects);
  }

  /** A newer state is committed; it has been applied. */
  void committed(Set<Integer> isrBefore, long nowMs, List<Effect> effects) {
    inFlight = false;
    ending = false;
    retryAtMs = Long.MIN_VALUE;
    for (ReplicaProgress replica : replicas.replicas()) {
      boolean wasInSync = isrBefore.contains(replica.brokerId());
      if (replica.inSync() && !wasInSync) {
        replica.caughtUpAsOf(nowMs);
      } else if (!replica.inSync() && wasInSync) {
        replica.leftIsr();
      }
    }
    review(nowMs, effects);
  }

  void eligible(Map<Integer, Long> brokers, long nowMs, List<Effect> effects) {
    eligible = brokers;
    review(nowMs, effects);
  }

  /** A broker's registration, if it may join; else {@link IsrMember#ANY_EPOCH}. */
  long registeredEpoch(int brokerId) {
    return eligible.getOrDefault(brokerId, IsrMember.ANY_EPOCH);
  }

  /** The brokers that are registered and neither fenced nor stopping. */
  Set<Integer> live() {
    return eligible.keySet();
  }

  /** The controller agreed to what is in flight, or to its end: a newer state should come. */
  void agreed(long nowMs, List<Effect> effects) {
    if (ending) {
      endLater(nowMs, effects);
    }
  }

  /** A controller of an older version agrees to the committed ISR and changes nothing. */
  private void endLater(long nowMs, List<Effect> effects) {
    endAgainAtMs = nowMs + RETRY_MS;
    setTimer(endAgainAtMs, effects);
  }

  /**
   * The controller refused what is in flight.
   *
   * @param inDoubt whether an earlier copy of it may be carried out yet
   */
  void refused(boolean inDoubt, long nowMs, List<Effect> effects) {
    if (gaveUp) {
      giveUpAtMs = nowMs + GIVE_UP_RETRY_MS;
    }
    if (ending) {
      endLater(nowMs, effects);
      return;
    }
    if (inDoubt) {
      endInFlight(effects);
      return;
    }
    inFlight = false;
    replicas.withdrawProposal();
    retryAtMs = nowMs + RETRY_MS;
    setTimer(retryAtMs, effects);
  }

  private void endInFlight(List<Effect> effects) {
    ending = true;
    endAgainAtMs = Long.MAX_VALUE;
    List<IsrMember> committed =
        replicas.replicas().stream()
            .filter(ReplicaProgress::inSync)
            .map(IsrTracker::memberOf)
            .toList();
    effects.add(
        new LeadingEffect.ProposeIsr(state.leaderEpoch(), state.partitionEpoch(), committed));
  }

  boolean isInFlight() {
    return inFlight;
  }

  /** The log is about to end later, or does. */
  void leaderAppends(long endBefore, long nowMs, List<Effect> effects) {
    marks.add(endBefore, nowMs);
    if (timerMs == Long.MAX_VALUE) {
      setTimer(nowMs + lagTimeMs, effects);
    }
  }

  /** The log of this broker was found corrupt. */
  void leaderDamaged(long nowMs, List<Effect> effects) {
    review(nowMs, effects);
  }

  void acknowledged(ReplicaProgress follower, long nowMs, List<Effect> effects) {
    // One that is in sync may be the one that a corrupt leader waits for.
    if (!inFlight && (follower.inSync() ? state.isDamaged() : mayJoin(follower))) {
      review(nowMs, effects);
    }
  }

  /** The follower's subscription ends, or is about to be replaced. */
  void leaves(ReplicaProgress follower, long nowMs, List<Effect> effects) {
    note(follower, nowMs);
    setTimer(nowMs + lagTimeMs, effects);
  }

  void tick(long nowMs, List<Effect> effects) {
    if (nowMs >= timerMs) {
      timerMs = Long.MAX_VALUE;
      endAgain(nowMs, effects);
      review(nowMs, effects);
    }
  }

  private void endAgain(long nowMs, List<Effect> effects) {
    if (!ending || !state.leads() || endAgainAtMs == Long.MAX_VALUE) {
      return;
    }
    if (nowMs >= endAgainAtMs) {
      endInFlight(effects);
    } else {
      setTimer(endAgainAtMs, effects);
    }
  }

  private void setTimer(long atMs, List<Effect> effects) {
    if (atMs < timerMs) {
      timerMs = atMs;
      effects.add(new Effect.SetTimer(atMs));
    }
  }

  // ---- what is decided

  /** Proposes the ISR that should be, if it is not and nothing is in flight. */
  private void review(long nowMs, List<Effect> effects) {
    if (!state.leads() || !replicas.hasFollowers()) {
      return;
    }
    List<IsrMember> wanted = new ArrayList<>();
    long nextMs = Long.MAX_VALUE;
    boolean givesUp = state.isDamaged() && nowMs >= giveUpAtMs && isAnotherInSync(nowMs);
    if (state.isDamaged() && nowMs < giveUpAtMs) {
      nextMs = giveUpAtMs;
    }
    for (ReplicaProgress replica : replicas.replicas()) {
      boolean leader = replicas.isLeader(replica);
      if (leader ? !givesUp : belongs(replica, givesUp, nowMs)) {
        wanted.add(memberOf(replica));
      }
      if (!leader && replica.inSync() && !isAtEnd(replica)) {
        nextMs = Math.min(nextMs, Math.max(nowMs + 1, replica.caughtUpMs() + lagTimeMs));
      }
    }
    Set<Integer> isr = wanted.stream().map(IsrMember::brokerId).collect(Collectors.toSet());
    if (!inFlight && !isr.equals(replicas.committedIsr())) {
      if (nowMs < retryAtMs) {
        nextMs = Math.min(nextMs, retryAtMs);
      } else {
        gaveUp = givesUp;
        propose(wanted, isr, effects);
      }
    }
    if (nextMs != Long.MAX_VALUE && !inFlight) {
      setTimer(nextMs, effects);
    }
  }

  /** Whether there is one that is known to live: being in sync says that only of a while ago. */
  private boolean isAnotherInSync(long nowMs) {
    return replicas.replicas().stream()
        .anyMatch(
            each ->
                !replicas.isLeader(each)
                    && each.inSync()
                    && each.subscription().isPresent()
                    && staysInSync(each, nowMs));
  }

  /** Nobody joins while the leader goes. */
  private boolean belongs(ReplicaProgress follower, boolean leaderGoes, long nowMs) {
    return follower.inSync() ? staysInSync(follower, nowMs) : !leaderGoes && mayJoin(follower);
  }

  private void propose(List<IsrMember> wanted, Set<Integer> isr, List<Effect> effects) {
    inFlight = true;
    replicas.propose(isr);
    effects.add(new LeadingEffect.ProposeIsr(state.leaderEpoch(), state.partitionEpoch(), wanted));
  }

  private static IsrMember memberOf(ReplicaProgress replica) {
    return new IsrMember(
        replica.brokerId(), replica.inSync() ? IsrMember.ANY_EPOCH : replica.brokerEpoch());
  }

  private boolean staysInSync(ReplicaProgress replica, long nowMs) {
    note(replica, nowMs);
    return nowMs - replica.caughtUpMs() < lagTimeMs;
  }

  private void note(ReplicaProgress replica, long nowMs) {
    if (replica.subscription().isPresent()) {
      replica.caughtUpAsOf(
          isAtEnd(replica) ? nowMs : marks.newestReachedMs(replicas.acknowledged(replica)));
    }
  }

  private boolean isAtEnd(ReplicaProgress replica) {
    return replica.subscription().isPresent()
        && replicas.acknowledged(replica) >= state.logEndOffset();
  }

  private boolean mayJoin(ReplicaProgress replica) {
    long acknowledged = replicas.acknowledged(replica);
    return replica.subscription().isPresent()
        && (replica.heardOf() || isAtEnd(replica))
        && acknowledged >= state.highWatermark()
        && acknowledged >= state.epochStartOffset()
        && replica.logStart() >= state.deletedBefore()
        && eligible.getOrDefault(replica.brokerId(), Long.MIN_VALUE) == replica.brokerEpoch();
  }
}
