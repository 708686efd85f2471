package io.millrace.broker.replica;

import io.millrace.broker.log.PartitionDirectory;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds out which logs lie in the directories and are to be opened. Used once, by one thread. */
final class LogInventory {
  private static final Logger LOG = LoggerFactory.getLogger(LogInventory.class);

  private final int brokerId;
  private final MetadataImage image;
  private final TopicSettings settings;

  /** Where each log was found; the first of two, or the one that the metadata name. */
  private final Map<TopicIdPartition, LogDirectory> places = new HashMap<>();

  private final Map<LogDirectory, List<LogRecovery.Found>> found = new LinkedHashMap<>();

  LogInventory(int brokerId, MetadataImage image, TopicSettings settings) {
    this.brokerId = brokerId;
    this.image = image;
    this.settings = settings;
  }

  /** The logs to open in each directory; none in one that failed. */
  Map<LogDirectory, List<LogRecovery.Found>> take(List<LogDirectory> directories) {
    for (LogDirectory directory : directories) {
      found.put(directory, new ArrayList<>());
      try {
        directory.files().scan().forEach(log -> note(directory, log));
        tellOfStrays(directory);
      } catch (IOException e) {
        directory.dir().fail("list the logs", e);
      }
    }
    return found;
  }

  private static void tellOfStrays(LogDirectory directory) throws IOException {
    List<String> strays = directory.files().strays();
    if (!strays.isEmpty()) {
      LOG.warn(
          "[data directory {}] logs that were set aside are kept here; delete them by hand if they"
              + " are not needed: {}",
          directory.dir().path(),
          strays);
    }
  }

  private void note(LogDirectory directory, PartitionDirectory.Found log) {
    if (log.id().isEmpty()) {
      LOG.warn(
          "[data directory {}] {} does not say whose it is and is left alone",
          directory.dir().path(),
          log.name());
      return;
    }
    TopicIdPartition id = log.id().get();
    LogDirectory other = places.get(id);
    if (other != null) {
      LogDirectory kept = directory.id().equals(assignedTo(id)) ? directory : other;
      LOG.warn(
          "[{}] lies in {} and in {}; the one in {} is used",
          log.name(),
          other.dir().path(),
          directory.dir().path(),
          kept.dir().path());
      if (kept == other) {
        directory.seconds().put(id, log.name());
        return;
      }
      logsIn(other).removeIf(each -> each.id().equals(id));
      other.seconds().put(id, log.name());
    }
    places.put(id, directory);
    PartitionConfig config =
        image
            .topic(id.topicId())
            .map(topic -> settings.of(image, topic))
            .orElseGet(() -> settings.defaults(image));
    logsIn(directory).add(new LogRecovery.Found(log.name(), id, config));
  }

  private List<LogRecovery.Found> logsIn(LogDirectory directory) {
    return found.computeIfAbsent(directory, absent -> new ArrayList<>());
  }

  private UUID assignedTo(TopicIdPartition id) {
    Optional<PartitionImage> partition =
        image.topic(id.topicId()).flatMap(topic -> topic.partition(id.partition()));
    return partition
        .filter(each -> each.replicas().contains(brokerId))
        .map(each -> each.directoryOf(brokerId))
        .orElse(PartitionImage.UNASSIGNED);
  }
}
