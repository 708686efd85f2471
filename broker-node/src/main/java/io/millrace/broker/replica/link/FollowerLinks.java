package io.millrace.broker.replica.link;

import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.common.TopicIdPartition;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The follower's end of all Replicate streams to one leader's broker: one for the partitions that
 * are in sync or nearly so, and one, with credits of its own and throttled, for those that catch
 * up. The leader says which partition goes where. Confined to its driver, which calls {@link
 * #settle} after each run of calls. The streams' numbers tell them apart: those of catching up are
 * even.
 */
public final class FollowerLinks {
  private final FollowerLink main;
  private final FollowerLink catchingUp;

  /** Those that the leader has sent to the other stream, until it sends them back. */
  private final Set<TopicIdPartition> behind = new HashSet<>();

  /**
   * Links without streams.
   *
   * @param settings each stream's
   * @param brokerEpoch this broker's registration
   * @param throttle holds up what catches up
   */
  public FollowerLinks(
      FollowerLink.Settings settings, long brokerEpoch, Throttle throttle, long nowMs) {
    this.main = new FollowerLink(settings, brokerEpoch, new FollowerLink.Kind(false, 1, 2), nowMs);
    this.catchingUp =
        new FollowerLink(settings, brokerEpoch, new FollowerLink.Kind(true, 2, 2), nowMs)
            .throttled(throttle);
  }

  /** Whether it is a stream that catches up. */
  private static boolean isCatchingUp(long stream) {
    return stream % 2 == 0;
  }

  private FollowerLink of(long stream) {
    return isCatchingUp(stream) ? catchingUp : main;
  }

  private FollowerLink of(TopicIdPartition id) {
    return behind.contains(id) ? catchingUp : main;
  }

  /** Whether a stream is open. */
  public boolean isOpen(long stream) {
    return of(stream).stream() == stream;
  }

  /** The subscriptions that the leader has accepted. */
  public int subscriptions() {
    return main.subscriptions() + catchingUp.subscriptions();
  }

  /** See {@link FollowerLink#subscribe}. */
  public void subscribe(
      TopicIdPartition id,
      FollowingEffect.Subscribe wanted,
      long nowMs,
      List<FollowerEffect> effects) {
    of(id).subscribe(id, wanted, nowMs, effects);
  }

  /** See {@link FollowerLink#unsubscribe}. */
  public void unsubscribe(
      TopicIdPartition id, long attempt, long nowMs, List<FollowerEffect> effects) {
    of(id).unsubscribe(id, attempt, nowMs, effects);
    behind.remove(id);
  }

  /** See {@link FollowerLink#acknowledge}. */
  public void acknowledge(TopicIdPartition id, FollowingEffect.Acknowledge at) {
    of(id).acknowledge(id, at);
  }

  /** See {@link FollowerLink#used}. */
  public void used(long of, int bytes) {
    of(of).used(of, bytes);
  }

  /** See {@link FollowerLink#received}. */
  public void received(long of, LeaderFrame frame, long nowMs, List<FollowerEffect> effects) {
    if (frame instanceof LeaderFrame.MovesOver moves) {
      of(of).subscribed(of, moves.subscription()).ifPresent(id -> movesOver(id, of));
    }
    of(of).received(of, frame, nowMs, effects);
  }

  private void movesOver(TopicIdPartition id, long from) {
    if (isCatchingUp(from)) {
      behind.remove(id);
    } else {
      behind.add(id);
    }
  }

  /** See {@link FollowerLink#lost}. */
  public void lost(long of, long nowMs, List<FollowerEffect> effects) {
    of(of).lost(of, nowMs, effects);
  }

  /** See {@link FollowerLink#reset}. */
  public void reset(long epoch, long nowMs, List<FollowerEffect> effects) {
    main.reset(epoch, nowMs, effects);
    catchingUp.reset(epoch, nowMs, effects);
  }

  /** See {@link FollowerLink#close}. */
  public void close(long nowMs, List<FollowerEffect> effects) {
    main.close(nowMs, effects);
    catchingUp.close(nowMs, effects);
  }

  /** See {@link FollowerLink#dueMs}. */
  public long dueMs() {
    return Math.min(main.dueMs(), catchingUp.dueMs());
  }

  /** See {@link FollowerLink#tick}. */
  public void tick(long nowMs, List<FollowerEffect> effects) {
    main.tick(nowMs, effects);
    catchingUp.tick(nowMs, effects);
  }

  /** See {@link FollowerLink#settle}. */
  public void settle(long nowMs, List<FollowerEffect> effects) {
    main.settle(nowMs, effects);
    catchingUp.settle(nowMs, effects);
  }
}
