package io.millrace.broker.replica;

import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.replica.core.LeaderState;
import io.millrace.broker.replica.core.LeadingEvent;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicDelta;
import io.millrace.metadata.image.TopicImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes this broker's partitions what the metadata says: creates, deletes, reconfigures, leads,
 * follows, resigns. Confined to the manager's thread.
 *
 * <p>An empty log is made only where the metadata assign the replica no directory yet and none of
 * the broker's directories was missing at its start: else an empty replica could take the place of
 * one on a disk that is only away. A new replica leads once its directory is committed.
 */
final class PartitionReconciler {
  private static final Logger LOG = LoggerFactory.getLogger(PartitionReconciler.class);

  private final int brokerId;
  private final TopicSettings topicSettings;
  private final List<LogDirectory> directories;
  private final HostedPartitions hosted;
  private final Consumer<HostedPartition> onHosted;
  private final WithheldLogRepair repair;
  private final SecondLogs seconds;

  /** Replicas whose directory the controller does not know yet. */
  private final Map<TopicIdPartition, UUID> unassigned = new HashMap<>();

  /** Withheld logs that nobody counted on when the metadata were applied. */
  private final Set<TopicIdPartition> repairable = new LinkedHashSet<>();

  /** The brokers that may join an ISR, with their epochs. */
  private Map<Integer, Long> eligible = Map.of();

  /** Whether a log that is not found may lie in a directory that is not there. */
  private boolean directoriesMissing;

  PartitionReconciler(
      int brokerId,
      TopicSettings topicSettings,
      List<LogDirectory> directories,
      boolean directoriesMissing,
      HostedPartitions hosted,
      Consumer<HostedPartition> onHosted) {
    this.brokerId = brokerId;
    this.topicSettings = topicSettings;
    this.directories = directories;
    this.directoriesMissing = directoriesMissing;
    this.hosted = hosted;
    this.onHosted = onHosted;
    this.repair = new WithheldLogRepair(brokerId);
    this.seconds = new SecondLogs(brokerId, directories);
  }

  /** Replicas whose directory the controller does not know yet. */
  Map<TopicIdPartition, UUID> unassigned() {
    return unassigned;
  }

  /** A log that was found can't be opened. */
  void damaged(LogDirectory directory, LogRecovery.Found found) {
    directory.withhold(found.id(), found.name(), WithheldLog.Reason.DAMAGED);
    hosted.unavailable(
        found.id(),
        new MillraceError(
            ErrorCode.LOG_DIR_OFFLINE,
            "the log of %s is damaged; what the broker logged at its start says what to do"
                .formatted(found.name())));
  }

  /** Applies a whole image, after a start. */
  void applyAll(MetadataImage image) {
    seconds.decide(image, this::giveUp);
    endWithheld(
        id -> image.topic(id.topicId()).isEmpty(),
        (directory, id, name) -> directory.files().setAside(name));
    for (HostedPartition each : hosted.all()) {
      if (image.topic(each.id().topicId()).isEmpty()) {
        endStray(each);
      }
    }
    eligible = eligible(image);
    // What the logs were recovered with may be older than this image.
    reconfigureAll(image);
    applyTopics(image, MetadataDelta.between(MetadataImage.EMPTY, image));
    directoriesMissing = false;
  }

  /** Another process leads what this broker leads. */
  void resignAll() {
    MillraceError why =
        new MillraceError(
            ErrorCode.NOT_LEADER, "another process is registered as broker " + brokerId);
    hosted.all().forEach(each -> each.post(new PartitionEvent.Resign(why)));
  }

  /** Applies a change. */
  void apply(MetadataImage image, MetadataDelta delta) {
    SortedSet<Integer> configs = delta.changedConfigs();
    if (configs.contains(PartitionImage.NO_BROKER) || configs.contains(brokerId)) {
      reconfigureAll(image);
    }
    if (!delta.changedBrokers().isEmpty()) {
      eligible = eligible(image);
      tellLeaders(image, delta.changedBrokers());
    }
    applyTopics(image, delta);
  }

  private static Map<Integer, Long> eligible(MetadataImage image) {
    return image.brokers().values().stream()
        .filter(BrokerImage::active)
        .collect(Collectors.toUnmodifiableMap(BrokerImage::id, BrokerImage::epoch));
  }

  /** Tells the partitions that are led here, and have replicas on these brokers. */
  private void tellLeaders(MetadataImage image, Set<Integer> brokers) {
    for (HostedPartition each : hosted.all()) {
      known(image, each.id())
          .filter(partition -> partition.leader() == brokerId)
          .filter(partition -> partition.replicas().stream().anyMatch(brokers::contains))
          .ifPresent(partition -> each.post(new LeadingEvent.BrokersChanged(eligible)));
    }
  }

  /** What an image says of a partition. */
  static Optional<PartitionImage> known(MetadataImage image, TopicIdPartition id) {
    return image.topic(id.topicId()).flatMap(topic -> topic.partition(id.partition()));
  }

  private void reconfigureAll(MetadataImage image) {
    Map<UUID, PartitionConfig> byTopic = new HashMap<>();
    for (HostedPartition each : hosted.all()) {
      UUID topicId = each.id().topicId();
      image
          .topic(topicId)
          .map(topic -> byTopic.computeIfAbsent(topicId, id -> topicSettings.of(image, topic)))
          .ifPresent(each::reconfigure);
    }
  }

  /**
   * What is deleted goes first: between two images that are far apart another topic may have come
   * to its name, whose directories lie where the old ones are.
   */
  private void applyTopics(MetadataImage image, MetadataDelta delta) {
    for (TopicDelta change : delta.topics().values()) {
      if (change.deleted()) {
        deleteTopic(image, change.id());
      }
    }
    for (TopicDelta change : delta.topics().values()) {
      change.after().ifPresent(topic -> applyTopic(image, change, topic));
    }
  }

  private void applyTopic(MetadataImage image, TopicDelta change, TopicImage topic) {
    if (change.configChanged()) {
      PartitionConfig config = topicSettings.of(image, topic);
      hosted.ofTopic(topic.id()).forEach(each -> each.reconfigure(config));
    }
    for (int number : change.changedPartitions()) {
      TopicIdPartition id = new TopicIdPartition(topic.id(), number);
      topic.partition(number).ifPresent(partition -> applyPartition(image, topic, id, partition));
    }
  }

  private void applyPartition(
      MetadataImage image, TopicImage topic, TopicIdPartition id, PartitionImage partition) {
    if (!partition.replicas().contains(brokerId)) {
      endReplica(image, topic, id);
      return;
    }
    Optional<HostedPartition> found = hosted.find(id);
    if (withholder(id).isPresent()) {
      if (isRepairable(partition)) {
        repairable.add(id);
      }
      return;
    }
    if (found.isEmpty()) {
      found = create(image, topic, id, partition);
    }
    found.ifPresent(each -> take(each, partition));
  }

  /** The directory in which a log of the partition lies that is withheld. */
  private Optional<LogDirectory> withholder(TopicIdPartition id) {
    return directories.stream().filter(each -> each.withheld().containsKey(id)).findFirst();
  }

  /** What is repaired is served, so it must not stand in for a log in another directory. */
  private boolean isRepairable(PartitionImage partition) {
    return repair.isExpendable(partition) && !seconds.isAway(partition.directoryOf(brokerId));
  }

  /** Whether {@link #repairNext} has something to do. */
  boolean hasRepairs() {
    return !repairable.isEmpty();
  }

  /**
   * Repairs one withheld log, if that is still to be; waits for its disk, for as long as the
   * opening of a log takes.
   *
   * @param image the one that was applied last
   */
  void repairNext(MetadataImage image) {
    Iterator<TopicIdPartition> waiting = repairable.iterator();
    if (waiting.hasNext()) {
      TopicIdPartition id = waiting.next();
      waiting.remove();
      known(image, id)
          .filter(each -> each.replicas().contains(brokerId))
          .filter(this::isRepairable)
          .ifPresent(each -> repair(image, id, each));
    }
  }

  private void repair(MetadataImage image, TopicIdPartition id, PartitionImage partition) {
    TopicImage topic = image.topic(id.topicId()).orElseThrow();
    TopicPartition name = new TopicPartition(topic.name(), id.partition());
    withholder(id)
        .flatMap(
            directory ->
                repair.repair(
                    directory, new LogRecovery.Found(name, id, topicSettings.of(image, topic))))
        .ifPresent(
            repaired -> {
              onHosted.accept(repaired);
              take(repaired, partition);
            });
  }

  private Optional<HostedPartition> create(
      MetadataImage image, TopicImage topic, TopicIdPartition id, PartitionImage partition) {
    TopicPartition name = new TopicPartition(topic.name(), id.partition());
    Optional<LogDirectory> place = placeFor(partition);
    if (place.isEmpty()) {
      String why = whyNotMade(partition.directoryOf(brokerId));
      hosted.unavailable(id, offline(name, why));
      LOG.error("[broker {}] [{}] offline: {}", brokerId, name, why);
      return Optional.empty();
    }
    LogDirectory directory = place.get();
    PartitionConfig config = topicSettings.of(image, topic);
    try {
      directory.forgetNoted(id);
      PartitionLog log = directory.files().create(name, id, config.log());
      HostedPartition made = directory.host(id, name, log, config);
      onHosted.accept(made);
      LOG.info("[broker {}] [{}] created in {}", brokerId, name, directory.dir().path());
      return Optional.of(made);
    } catch (LogDirException e) {
      directory.diskFailed(e);
    } catch (IOException e) {
      directory.dir().fail("create " + name, e);
    } catch (CompletionException offline) {
      LOG.warn("[broker {}] [{}] can't be made: {}", brokerId, name, offline.getMessage());
    }
    // This directory is offline now; another may do.
    return create(image, topic, id, partition);
  }

  /**
   * Where a log is made: in any directory while the metadata name none, else in the one that they
   * name, though the log that should be there is gone, once others have all that it had.
   */
  private Optional<LogDirectory> placeFor(PartitionImage partition) {
    UUID named = partition.directoryOf(brokerId);
    if (named.equals(PartitionImage.UNASSIGNED)) {
      return directories.stream()
          .filter(each -> each.online() && !directoriesMissing)
          .min(Comparator.comparingInt(each -> each.partitions().size()));
    }
    return online(named).filter(directory -> repair.isExpendable(partition));
  }

  private Optional<LogDirectory> online(UUID named) {
    return directories.stream().filter(each -> each.online() && each.id().equals(named)).findAny();
  }

  private String whyNotMade(UUID named) {
    if (online(named).isPresent()) {
      return "its log is not in directory "
          + named
          + ", where it should be; it is made anew once another replica leads without this one";
    }
    if (!named.equals(PartitionImage.UNASSIGNED)) {
      return "its log is in directory " + named + ", which is not online";
    }
    return directoriesMissing
        ? "its log may be in a directory that was missing at the broker's start"
        : "no log directory is online that its log could be made in";
  }

  private static MillraceError offline(TopicPartition name, String why) {
    return new MillraceError(
        ErrorCode.LOG_DIR_OFFLINE, "partition " + name + " is offline: " + why);
  }

  private static MillraceError notAReplica(TopicIdPartition id) {
    return new MillraceError(ErrorCode.NOT_LEADER, "this broker has no replica of " + id);
  }

  /** Has a replica lead, follow or wait. */
  private void take(HostedPartition each, PartitionImage partition) {
    UUID directory = each.directory().id();
    UUID named = partition.directoryOf(brokerId);
    if (!named.equals(directory)) {
      if (seconds.isAway(named)) {
        giveUpFormer(each, named);
      } else {
        unassigned.put(each.id(), directory);
      }
      return;
    }
    unassigned.remove(each.id());
    if (partition.leader() == PartitionImage.NO_BROKER) {
      each.post(new PartitionEvent.Resign(nobodyLeads(partition)));
    } else if (partition.leader() != brokerId) {
      each.post(
          new PartitionEvent.BecomeFollower(
              partition.leader(),
              partition.leaderEpoch(),
              partition.partitionEpoch(),
              isCountedOn(partition),
              partition.isr().contains(brokerId)));
    } else {
      lead(each, partition);
    }
  }

  private boolean isCountedOn(PartitionImage partition) {
    return partition.isr().contains(brokerId) || partition.elr().contains(brokerId);
  }

  private void lead(HostedPartition each, PartitionImage partition) {
    LeaderState state =
        new LeaderState(
            partition.leaderEpoch(),
            partition.partitionEpoch(),
            partition.replicas(),
            Set.copyOf(partition.isr()),
            partition.effectiveMinIsr());
    each.post(new LeadingEvent.BrokersChanged(eligible));
    each.post(new PartitionEvent.BecomeLeader(state));
    each.post(new PartitionEvent.StateCommitted(state));
  }

  private static MillraceError nobodyLeads(PartitionImage partition) {
    return new MillraceError(
        ErrorCode.NOT_LEADER,
        "this broker does not lead the partition: nobody does",
        Map.of(
            "leader_id", Integer.toString(partition.leader()),
            "current_leader_epoch", Integer.toString(partition.leaderEpoch())));
  }

  private void deleteTopic(MetadataImage image, UUID topicId) {
    MillraceError gone =
        new MillraceError(ErrorCode.UNKNOWN_TOPIC_ID, "topic " + topicId + " was deleted");
    for (HostedPartition each : hosted.ofTopic(topicId)) {
      endAndDelete(each, gone);
    }
    deleteWithheld(id -> id.topicId().equals(topicId), topicSettings.defaults(image));
    unassigned.keySet().removeIf(id -> id.topicId().equals(topicId));
    hosted.forget(topicId);
  }

  private void deleteWithheld(Predicate<TopicIdPartition> which, PartitionConfig config) {
    endWithheld(which, (directory, id, name) -> delete(directory, id, name, config));
  }

  /** The partition is no replica's of this broker any more, be it that its log is withheld. */
  private void endReplica(MetadataImage image, TopicImage topic, TopicIdPartition id) {
    hosted.find(id).ifPresent(each -> endAndDelete(each, notAReplica(id)));
    hosted.forget(id);
    if (withholder(id).isPresent()) {
      deleteWithheld(id::equals, topicSettings.of(image, topic));
    }
  }

  private void endAndDelete(HostedPartition each, MillraceError why) {
    end(each, why);
    LogDirectory directory = each.directory();
    onDisk(
        directory,
        "delete " + each.name(),
        () -> delete(directory, each.id(), each.name(), each.config()));
  }

  private void delete(
      LogDirectory directory, TopicIdPartition id, TopicPartition name, PartitionConfig config)
      throws IOException {
    Path aside = directory.files().moveAside(name, id);
    directory.housekeeping().deleteLater(aside, config.log().fileDeleteDelayMs());
    LOG.info("[broker {}] [{}] deleted", brokerId, name);
  }

  /** What becomes of a withheld log that is not wanted any more. */
  private interface WithheldLogEnd {
    void end(LogDirectory directory, TopicIdPartition id, TopicPartition name) throws IOException;
  }

  private void endWithheld(Predicate<TopicIdPartition> which, WithheldLogEnd end) {
    for (LogDirectory directory : directories) {
      for (Map.Entry<TopicIdPartition, WithheldLog> log : directory.withheld().entrySet()) {
        if (which.test(log.getKey())) {
          directory.withheld().remove(log.getKey());
          onDisk(
              directory,
              "delete " + log.getValue().name(),
              () -> end.end(directory, log.getKey(), log.getValue().name()));
        }
      }
    }
  }

  /**
   * The log of a partition that was opened is not the one that counts. That one is left as it is: a
   * start opens it, which tells the controller first what it may have lost, or a repair, once
   * nobody counts on it.
   */
  private void giveUp(TopicIdPartition id, TopicPartition name, LogDirectory counts) {
    MillraceError why =
        offline(
            name,
            "its log is in "
                + counts.dir().path()
                + ", and was not opened, as the metadata known at the start did not say so; start"
                + " the broker again");
    hosted.find(id).ifPresent(each -> end(each, why));
    hosted.unavailable(id, why);
    LOG.error("[broker {}] {}", brokerId, why.message());
  }

  /**
   * The log that the metadata name is away with its directory. This one is from before, and may
   * lack what was acknowledged since: it is closed and kept, and the controller is not told of it.
   */
  private void giveUpFormer(HostedPartition each, UUID named) {
    MillraceError why =
        offline(
            each.name(),
            "its log is in directory "
                + named
                + ", which is not online; the log in "
                + each.directory().dir().path()
                + " may be older and is not served in its place; bring the directory back and start"
                + " the broker again");
    each.directory().withhold(each.id(), each.name(), WithheldLog.Reason.FORMER);
    end(each, why);
    hosted.unavailable(each.id(), why);
    LOG.error("[broker {}] {}", brokerId, why.message());
  }

  private void endStray(HostedPartition each) {
    end(each, new MillraceError(ErrorCode.UNKNOWN_TOPIC_ID, "topic of " + each.id() + " is gone"));
    LogDirectory directory = each.directory();
    onDisk(
        directory, "set " + each.name() + " aside", () -> directory.files().setAside(each.name()));
  }

  private void end(HostedPartition each, MillraceError why) {
    hosted.remove(each);
    unassigned.remove(each.id());
    each.directory().end(each, why).join();
  }

  /** Something done with a directory's files. */
  private interface DiskWork {
    void run() throws IOException;
  }

  private static void onDisk(LogDirectory directory, String what, DiskWork work) {
    if (!directory.online()) {
      return;
    }
    try {
      work.run();
    } catch (IOException e) {
      directory.dir().fail(what, e);
    }
  }
}
