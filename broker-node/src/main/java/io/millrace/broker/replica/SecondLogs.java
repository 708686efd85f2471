package io.millrace.broker.replica;

import io.millrace.common.TopicIdPartition;
import io.millrace.common.TopicPartition;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Decides of two logs of one partition in two directories which one counts: the one that the
 * metadata name, or, if they name neither, the one that was opened, which the controller is told.
 * The other is set aside, so that no later start opens it, be it that the first directory is away
 * then, or that older metadata are known. While the metadata name a third directory that is away,
 * neither counts and both are kept. Confined to the manager's thread.
 */
final class SecondLogs {
  private final int brokerId;
  private final List<LogDirectory> directories;

  /** Ends what was opened of a partition, because another log of it counts. */
  interface GivingUp {
    /**
     * Called before anything is moved.
     *
     * @param counts where the log lies that counts, which is not open
     */
    void giveUp(TopicIdPartition id, TopicPartition name, LogDirectory counts);
  }

  SecondLogs(int brokerId, List<LogDirectory> directories) {
    this.brokerId = brokerId;
    this.directories = directories;
  }

  /**
   * Sets aside what does not count.
   *
   * @param image shows this process's registration: no older one may name another directory
   */
  void decide(MetadataImage image, GivingUp opened) {
    for (LogDirectory directory : directories) {
      Map.copyOf(directory.seconds())
          .forEach((id, name) -> decide(image, directory, id, name, opened));
    }
  }

  private void decide(
      MetadataImage image,
      LogDirectory directory,
      TopicIdPartition id,
      TopicPartition name,
      GivingUp opened) {
    Optional<UUID> named =
        PartitionReconciler.known(image, id)
            .filter(partition -> partition.replicas().contains(brokerId))
            .map(partition -> partition.directoryOf(brokerId));
    if (named.equals(Optional.of(directory.id()))) {
      List<LogDirectory> wrong = directories.stream().filter(each -> each.holds(id)).toList();
      // In this order: a checkpoint that is written meanwhile has to find it in either.
      directory.withhold(id, name, WithheldLog.Reason.UNOPENED);
      directory.seconds().remove(id);
      opened.giveUp(id, name, directory);
      wrong.forEach(each -> setAside(each, id, name));
    } else if (named.filter(this::isAway).isEmpty()) {
      directory.seconds().remove(id);
      setAside(directory, id, name);
    }
  }

  /** Whether a log lies in a directory that is not online here, if it is where the metadata say. */
  boolean isAway(UUID named) {
    return !named.equals(PartitionImage.UNASSIGNED)
        && !named.equals(PartitionImage.LOST)
        && directories.stream().noneMatch(each -> each.id().equals(named) && each.online());
  }

  private static void setAside(LogDirectory directory, TopicIdPartition id, TopicPartition name) {
    directory.withheld().remove(id);
    if (!directory.online()) {
      return;
    }
    try {
      directory.files().setAside(name, "is not the log that counts of two of its partition");
    } catch (IOException e) {
      directory.dir().fail("set " + name + " aside", e);
    }
  }
}
