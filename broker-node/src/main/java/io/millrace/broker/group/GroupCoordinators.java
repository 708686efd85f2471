package io.millrace.broker.group;

import io.millrace.broker.group.core.GroupAnswer;
import io.millrace.broker.group.core.GroupCommand;
import io.millrace.broker.group.core.GroupQuery;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.MetadataListener;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The coordinators of this broker: one for each partition of the offsets topic that it leads.
 * Thread-safe. What it answers is completed on coordinators' threads, or at once: what hangs on
 * that must not block.
 */
public final class GroupCoordinators implements MetadataListener, AutoCloseable {
  private final GroupEnvironment env;
  private final TopicsFeed topics = new TopicsFeed();
  private final Map<Integer, LedPartition> partitions = new ConcurrentHashMap<>();

  /** Nothing is coordinated yet. */
  public GroupCoordinators(GroupEnvironment env) {
    this.env = env;
  }

  /** A partition has its log open here; others than those of the offsets topic do not matter. */
  public void hosted(PartitionHost host) {
    if (host.name().topic().equals(OffsetsTopic.NAME)) {
      LedPartition led =
          new LedPartition(
              host,
              epoch -> new Coordinator(env, host, epoch, topics::view),
              coordinator -> coordinator.resign(notCoordinator(host.id().partition())));
      partitions.put(host.id().partition(), led);
      led.begin();
    }
  }

  /** To be called before partitions hear of the image: who leads knows the topics of that time. */
  @Override
  public void onImage(MetadataImage image, MetadataDelta delta) {
    Set<String> changed = topics.onImage(image, delta);
    if (!changed.isEmpty()) {
      all().forEach(coordinator -> coordinator.topicsChanged(changed));
    }
  }

  /**
   * Has a command carried out.
   *
   * @param deadlineMs when nobody waits for it any more, on the monotonic clock
   * @param answered completed with the answer; what hung on it before this call is done before the
   *     coordinator tells a member's stream of anything newer
   */
  public void submit(
      GroupCommand command, long deadlineMs, CompletableFuture<GroupAnswer> answered) {
    find(command.groupId())
        .ifPresentOrElse(
            coordinator -> coordinator.submit(command, deadlineMs, answered),
            () -> answered.complete(refused(command.groupId())));
  }

  /**
   * Asks for something about a group.
   *
   * @param groupId the group that the query is about
   */
  public CompletableFuture<GroupAnswer> ask(String groupId, GroupQuery query, long deadlineMs) {
    return find(groupId)
        .map(coordinator -> coordinator.ask(query, deadlineMs))
        .orElseGet(() -> CompletableFuture.completedFuture(refused(groupId)));
  }

  /** Asks every coordinator here for groups; those that have none are asked too. */
  public List<CompletableFuture<GroupAnswer>> askAll(GroupQuery query, long deadlineMs) {
    return all().stream().map(coordinator -> coordinator.ask(query, deadlineMs)).toList();
  }

  /** A member's stream is over. */
  public void streamClosed(String groupId, MemberStream stream) {
    find(groupId).ifPresent(coordinator -> coordinator.streamClosed(stream));
  }

  private List<Coordinator> all() {
    return partitions.values().stream().flatMap(led -> led.coordinator().stream()).toList();
  }

  private Optional<Coordinator> find(String groupId) {
    return partition(groupId)
        .flatMap(number -> Optional.ofNullable(partitions.get(number)))
        .flatMap(LedPartition::coordinator);
  }

  private Optional<Integer> partition(String groupId) {
    return env.image()
        .get()
        .topic(OffsetsTopic.NAME)
        .map(topic -> OffsetsTopic.partitionOf(groupId, topic.partitions().size()));
  }

  private GroupAnswer refused(String groupId) {
    return new GroupAnswer.Refused(
        partition(groupId).map(this::whyNone).orElseGet(CoordinatorErrors::noTopic));
  }

  /** Why there is no coordinator of a partition here. */
  private MillraceError whyNone(int partition) {
    return leaderOf(partition) == env.brokerId()
        ? CoordinatorErrors.loading(partition)
        : notCoordinator(partition);
  }

  private MillraceError notCoordinator(int partition) {
    return CoordinatorErrors.notCoordinator(env.brokerId(), partition, leaderOf(partition));
  }

  private int leaderOf(int partition) {
    return env.image()
        .get()
        .topic(OffsetsTopic.NAME)
        .flatMap(known -> known.partition(partition))
        .map(PartitionImage::leader)
        .orElse(PartitionImage.NO_BROKER);
  }

  /** Has all coordinators resign; the partitions are closed after them. */
  @Override
  public void close() {
    MillraceError end = new MillraceError(ErrorCode.UNAVAILABLE, "the broker is shutting down");
    all().forEach(coordinator -> coordinator.resign(end));
  }
}
