package io.millrace.broker.replica;

import io.millrace.broker.log.TimeGuard;
import io.millrace.broker.log.dir.DataDir;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import io.millrace.metadata.MetadataListener;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.PartitionImage;
import io.millrace.metadata.image.TopicImage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this broker's partitions as the metadata say. Its own thread applies the images; look-ups
 * are thread-safe.
 *
 * <p>From start to end: {@link #recover} opens every log that lies in the directories; the broker
 * registers; the images that {@link #onImage} hears are acted on from the first one that shows the
 * registration of this process (an older one may show leaderships of the process before it); {@link
 * #close} flushes and closes everything and marks the directories as cleanly closed.
 */
public final class ReplicaManager
    implements PartitionRegistry, LogDirSource, MetadataListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicaManager.class);
  private static final long ASSIGN_RETRY_MS = 500;

  private final ReplicaSettings settings;
  private final DirectoryAssignments assignments;
  private final Clock clock;
  private final FaultHandler faults;
  private final TopicSettings topicSettings;
  private final TimeGuard timeGuard;
  private final List<LogDirectory> directories = new ArrayList<>();
  private final LogCleaner cleaner;
  private final HostedPartitions hosted = new HostedPartitions();
  private final List<Consumer<PartitionHost>> hostedListeners = new CopyOnWriteArrayList<>();
  private final ServingWaiters waiters = new ServingWaiters();
  private final PartitionReconciler reconciler;
  private final ScheduledThreadPoolExecutor thread;

  private volatile List<LogRecovery> recoveries = List.of();

  /** What was known of the partitions when their logs were opened. */
  private volatile MetadataImage recoveredWith = MetadataImage.EMPTY;

  /** The image that was applied last; what came before the registration is not applied. */
  private volatile MetadataImage applied = MetadataImage.EMPTY;

  // Confined to the manager's thread.
  private boolean registered;
  private boolean repairQueued;
  private final Set<TopicIdPartition> told = new HashSet<>();

  /**
   * Makes the manager.
   *
   * @param settings how
   * @param dataDirs the directories that could be opened; closed by {@link #close}
   * @param directoriesMissing whether others could not: then no log that is not found is made anew
   * @param assignments tells the controller where new replicas lie
   * @param clock the node's clocks
   * @param faults told of broken invariants
   * @param replication connects partitions with their other replicas
   */
  public ReplicaManager(
      ReplicaSettings settings,
      List<DataDir> dataDirs,
      boolean directoriesMissing,
      DirectoryAssignments assignments,
      Clock clock,
      FaultHandler faults,
      ReplicationPorts replication) {
    this.settings = settings;
    this.assignments = assignments;
    this.clock = clock;
    this.faults = faults;
    this.topicSettings = new TopicSettings(settings);
    this.timeGuard = new TimeGuard(clock);
    for (DataDir dir : dataDirs) {
      directories.add(new LogDirectory(dir, settings, timeGuard, clock, faults, replication));
    }
    this.cleaner = new LogCleaner(settings.cleaner(), directories, timeGuard, clock, faults);
    this.reconciler =
        new PartitionReconciler(
            settings.brokerId(), topicSettings, directories, directoriesMissing, hosted, this::add);
    this.thread = new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "replica-manager"));
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    thread.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
  }

  /**
   * Opens every log in the directories, in parallel, and waits for it. A directory that fails on
   * the way goes offline; the others go on.
   *
   * @param image the newest metadata known here: gives the topics' settings
   */
  public void recover(MetadataImage image) {
    recoveredWith = image;
    directories.forEach(LogDirectory::start);
    Map<LogDirectory, LogRecovery> running = new LinkedHashMap<>();
    new LogInventory(settings.brokerId(), image, topicSettings)
        .take(directories)
        .forEach(
            (directory, found) ->
                running.put(directory, new LogRecovery(directory, clock, faults, found)));
    recoveries = List.copyOf(running.values());
    recoveries.forEach(each -> each.begin(settings.threads().recoveryThreads()));
    running.forEach(
        (directory, recovery) -> {
          recovery.await().forEach(opened -> host(directory, opened));
          recovery.damaged().forEach(found -> reconciler.damaged(directory, found));
          directory.recovered();
        });
    cleaner.start();
  }

  /** What compaction has done and has to do. */
  public CleaningStatus cleaning() {
    return cleaner.status();
  }

  private void host(LogDirectory directory, LogRecovery.Opened opened) {
    LogRecovery.Found found = opened.found();
    if (opened.log().recovery().unclean()) {
      directory.cut(found.id());
    }
    add(directory.host(found.id(), found.name(), opened.log(), found.config()));
  }

  /**
   * Tells of each partition whose log is opened here from now on; to be called before {@link
   * #recover}.
   *
   * @param listener called on any thread, before the partition is asked to lead; must not block
   */
  public void onHosted(Consumer<PartitionHost> listener) {
    hostedListeners.add(listener);
  }

  private void add(HostedPartition partition) {
    hosted.add(partition);
    hostedListeners.forEach(listener -> listener.accept(partition));
    partition.onAdvance(
        () -> {
          if (!waiters.isEmpty()) {
            onThread("look at who waits", this::checkWaiters);
          }
        });
  }

  /** What this start has to tell the controller of, after {@link #recover} (S14). */
  public PossibleLoss possibleLoss() {
    return PossibleLoss.of(
        directories,
        id ->
            PartitionReconciler.known(recoveredWith, id)
                .filter(partition -> partition.replicas().size() > 1)
                .isPresent());
  }

  /** The controller knows of {@link #possibleLoss}: the data belong to this boot of the machine. */
  public void lossReported() {
    directories.forEach(LogDirectory::lossReported);
  }

  /** How far {@link #recover} is, over all directories. */
  public LogRecovery.Progress recoveryProgress() {
    return recoveries.stream()
        .map(LogRecovery::progress)
        .reduce(new LogRecovery.Progress(0, 0, 0), LogRecovery.Progress::plus);
  }

  // ---- metadata

  @Override
  public void onImage(MetadataImage image, MetadataDelta delta) {
    onThread("apply revision " + image.revision(), () -> apply(image, delta));
  }

  private void onThread(String what, Runnable work) {
    thread.execute(() -> guarded(what, work));
  }

  /** The executor would drop what a task throws, and whoever waits for it would wait for ever. */
  private void guarded(String what, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      throw faults.fatal("could not " + what, e);
    }
  }

  private void apply(MetadataImage image, MetadataDelta delta) {
    boolean shown = showsThisProcess(image);
    if (!shown && !registered) {
      return;
    }
    if (!shown) {
      // The leaderships of this broker are another process's, until this one is registered again.
      LOG.warn("[broker {}] leads nothing: the registration is another's", settings.brokerId());
      reconciler.resignAll();
    } else if (registered) {
      reconciler.apply(image, delta);
    } else {
      reconciler.applyAll(image);
    }
    registered = shown;
    applied = image;
    checkWaiters();
    tellAssignments(false);
    repairLater();
  }

  /** Behind what waits: all other partitions have what the metadata say before a disk is read. */
  private void repairLater() {
    if (reconciler.hasRepairs() && !repairQueued) {
      repairQueued = true;
      onThread("repair a withheld log", this::repairNext);
    }
  }

  private void repairNext() {
    repairQueued = false;
    if (registered) {
      reconciler.repairNext(applied);
      tellAssignments(false);
      repairLater();
    }
  }

  private boolean showsThisProcess(MetadataImage image) {
    return image
        .broker(settings.brokerId())
        .filter(me -> me.registration().incarnationId().equals(settings.incarnationId()))
        .isPresent();
  }

  /** Tells the controller of replicas that it was not told of, or of all that it does not show. */
  private void tellAssignments(boolean again) {
    Map<TopicIdPartition, UUID> unassigned = reconciler.unassigned();
    told.retainAll(unassigned.keySet());
    Map<TopicIdPartition, UUID> news = new HashMap<>(unassigned);
    if (!again) {
      news.keySet().removeAll(told);
    }
    if (news.isEmpty()) {
      return;
    }
    told.addAll(news.keySet());
    // A failure is made good by asking again.
    CompletableFuture<?> unused =
        assignments.assign(Map.copyOf(news)).whenComplete((done, failed) -> tellAgainLater());
  }

  private void tellAgainLater() {
    Future<?> unused =
        thread.schedule(
            () -> guarded("tell the assignments", () -> tellAssignments(true)),
            ASSIGN_RETRY_MS,
            TimeUnit.MILLISECONDS);
  }

  // ---- look-ups

  @Override
  public Optional<PartitionHost> find(TopicIdPartition id) {
    return hosted.find(id).map(each -> each);
  }

  @Override
  public Collection<? extends PartitionHost> partitions() {
    return hosted.all();
  }

  @Override
  public MillraceError whyAbsent(TopicIdPartition id) {
    Optional<TopicImage> topic = applied.topic(id.topicId());
    if (topic.isEmpty()) {
      return new MillraceError(
          ErrorCode.UNKNOWN_TOPIC_ID,
          "topic_id: " + id.topicId() + " (expected: the id of a topic; ask for it by name)",
          Map.of("topic_id", id.topicId().toString()));
    }
    int partitions = topic.get().partitions().size();
    if (id.partition() >= partitions) {
      return new MillraceError(
          ErrorCode.UNKNOWN_PARTITION,
          "partition: %d (expected: [0, %d] in topic %s)"
              .formatted(id.partition(), partitions - 1, topic.get().name()),
          Map.of("partition", Integer.toString(id.partition())));
    }
    return hosted
        .whyUnavailable(id)
        .orElseGet(
            () ->
                new MillraceError(
                    ErrorCode.NOT_LEADER,
                    "this broker does not lead %s-%d"
                        .formatted(topic.get().name(), id.partition())));
  }

  /** How many of this broker's partitions can't be served as their directory is offline. */
  public long offlinePartitions() {
    return hosted.all().stream().filter(each -> !each.directory().online()).count()
        + hosted.unavailable();
  }

  /** Whether this broker leads a partition. */
  public boolean leadsAny() {
    return hosted.all().stream().anyMatch(each -> each.view().leads());
  }

  /** How many of the partitions that this broker leads have a replica that is not in sync. */
  public long underReplicatedPartitions() {
    MetadataImage image = applied;
    return hosted.all().stream()
        .filter(each -> each.view().leads())
        .flatMap(each -> PartitionReconciler.known(image, each.id()).stream())
        .filter(partition -> partition.isr().size() < partition.replicas().size())
        .count();
  }

  /** Why no log can be made here now: no directory is online. Empty if one is. */
  public Optional<MillraceError> whyNothingCanBeMade() {
    if (directories.stream().anyMatch(LogDirectory::online)) {
      return Optional.empty();
    }
    return Optional.of(
        new MillraceError(
            ErrorCode.LOG_DIR_OFFLINE,
            "log directories online on broker "
                + settings.brokerId()
                + ": 0 of "
                + directories.size()
                + " (expected: at least 1; the broker's log says why)"));
  }

  @Override
  public List<LogDirUse> logDirs() {
    return directories.stream()
        .map(
            each ->
                new LogDirUse(
                    each.dir(),
                    each.partitions().size(),
                    each.partitions().stream()
                        .mapToLong(hosted -> hosted.view().log().sizeInBytes())
                        .sum()))
        .toList();
  }

  @Override
  public Collection<ReplicaUse> replicas() {
    return hosted.all().stream()
        .map(
            each ->
                new ReplicaUse(
                    each.name(), each.directory().id(), each.view(), each.firstCorrupt()))
        .toList();
  }

  /** The directories, with their states. */
  public List<DataDir> dataDirs() {
    return directories.stream().map(LogDirectory::dir).toList();
  }

  /** The logs that are here and are not served. */
  public List<WithheldLog> withheldLogs() {
    return directories.stream().flatMap(each -> each.withheld().values().stream()).toList();
  }

  /** Whether the wall clock is believed; retention by time rests while it is not. */
  public boolean trustsTheClock() {
    return timeGuard.isTrusted();
  }

  /**
   * Completes once every partition of a topic that this broker is to lead does so, and those of a
   * deleted topic are gone.
   *
   * @param topicId the topic; may be so new that the metadata here do not know it yet
   * @param revision as this revision of the metadata says, or a later one
   * @param timeoutMs how long to wait at most
   * @return fails with LOG_DIR_OFFLINE as soon as a partition can't serve, as its log is in no
   *     directory that is online; with REQUEST_TIMED_OUT
   */
  public CompletableFuture<Void> whenServing(UUID topicId, long revision, long timeoutMs) {
    CompletableFuture<Void> serving = waiters.add(topicId, revision, timeoutMs);
    onThread("look at who waits", this::checkWaiters);
    return serving;
  }

  private void checkWaiters() {
    waiters.check(applied.revision(), this::serves, this::whyNeverServing);
  }

  private boolean serves(UUID topicId) {
    Optional<TopicImage> topic = applied.topic(topicId);
    if (topic.isEmpty()) {
      // Deleted, and its partitions with it: they end before the image counts as applied.
      return true;
    }
    int number = 0;
    for (PartitionImage partition : topic.get().partitions()) {
      TopicIdPartition id = new TopicIdPartition(topicId, number++);
      boolean leadsHere =
          hosted
              .find(id)
              .map(PartitionHost::view)
              .filter(view -> leads(view, partition))
              .isPresent();
      if (partition.leader() == settings.brokerId() && !leadsHere) {
        return false;
      }
    }
    return true;
  }

  /** Why a topic can't serve before a directory is back; empty while it may. */
  private Optional<MillraceError> whyNeverServing(UUID topicId) {
    int partitions = applied.topic(topicId).map(topic -> topic.partitions().size()).orElse(0);
    return IntStream.range(0, partitions)
        .mapToObj(number -> hosted.whyUnavailable(new TopicIdPartition(topicId, number)))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static boolean leads(PartitionView view, PartitionImage partition) {
    return view.leads() && view.leaderEpoch() >= partition.leaderEpoch();
  }

  /**
   * Refuses what waits, flushes and closes every log, and marks the directories as cleanly closed.
   * Images that come later are not heard.
   */
  @Override
  public void close() {
    thread.shutdown();
    Threads.awaitTermination(thread);
    cleaner.close();
    directories.forEach(LogDirectory::close);
    LOG.info("[broker {}] all logs are closed", settings.brokerId());
  }
}
