package io.millrace.broker.replica;

import io.millrace.broker.log.CleanedGroup;
import io.millrace.broker.log.DetachedSegment;
import io.millrace.broker.log.EpochStart;
import io.millrace.broker.log.FlushTicket;
import io.millrace.broker.log.LogDirException;
import io.millrace.broker.log.LogStartMove;
import io.millrace.broker.log.LogTask;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.RetentionInput;
import io.millrace.broker.log.SyncedMarkChange;
import io.millrace.broker.replica.core.BatchFacts;
import io.millrace.broker.replica.core.Effect;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.FollowingEvent;
import io.millrace.broker.replica.core.LeadingEffect;
import io.millrace.broker.replica.core.LogPositions;
import io.millrace.broker.replica.core.PartitionCore;
import io.millrace.broker.replica.core.PartitionEvent;
import io.millrace.broker.replica.core.Role;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TimestampType;
import io.millrace.common.TopicPartition;
import io.millrace.common.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One partition at work: the core decides, this carries it out on the log. Confined to the thread
 * of its {@link PartitionDriver} (a shard, or the simulator); {@link #view}, {@link #recoveryPoint}
 * and {@link #listeners} from any thread.
 *
 * <p>Works in runs: events are decided and appended as they come; what others see of them (the
 * published view, answers, a flush) waits for {@link #finishRun}, once for all of them. The view is
 * published before the answers, so that whoever has an answer can read what it says. A closing
 * partition's view is published at once, before its segments go: whose read fails on them sees why.
 */
public final class PartitionRuntime {
  private final TopicPartition name;
  private final PartitionNews news;
  private final PartitionLog log;
  private final RuntimePorts ports;
  private final PartitionCore core;
  private final LogWork work;
  private final SyncedMark syncedMark;
  private final AdvanceListeners listeners = new AdvanceListeners();
  private final AdvanceListeners appendListeners = new AdvanceListeners();

  /** Effects not carried out yet; carrying one out may add more at the end. */
  private final List<Effect> effects = new ArrayList<>();

  /** What this run says to others, held back until the view is published. */
  private final Outbox outbox;

  /** What the leader sent, while this broker follows. */
  private final ReplicatedFrames frames;

  private final LogCut cut;

  /** What waits for its leader epoch to be written down; {@link #releaseHeld} lets it go on. */
  private final HeldFrames held;

  private PartitionConfig config;
  private boolean inRun;
  private volatile PartitionView view;

  /** The view of the last run's end, which listeners know of; {@link #view} may be ahead of it. */
  private PartitionView told;

  private volatile long recoveryPoint;

  /**
   * Makes the runtime of a log that was opened; from now on only this touches it.
   *
   * @param replica whose log it is
   * @param log the log
   * @param config the settings in force; the log has them already
   * @param ports the world
   */
  public PartitionRuntime(
      LocalReplica replica, PartitionLog log, PartitionConfig config, RuntimePorts ports) {
    this.name = replica.name();
    this.news = new PartitionNews(replica.brokerId(), name);
    this.log = log;
    this.config = config;
    this.ports = ports;
    this.syncedMark = new SyncedMark(log);
    this.core =
        new PartitionCore(
            replica.brokerId(),
            new LogPositions(
                log.logStartOffset(),
                log.logEndOffset(),
                log.durableOffset(),
                replica.highWatermark()),
            syncedMark.inForce(config.coreSettings()),
            replica.lagTimeMaxMs(),
            new LiveLogMemory(log),
            ports.replication().attemptsFrom(),
            ports.faults());
    this.work = new LogWork(log, task -> ports.tasks().run(this, task));
    this.cut = new LogCut(log, work);
    this.outbox = new Outbox(ports.replication(), ports.driver()::afterRuns, this::callbackThrew);
    this.frames = new ReplicatedFrames(log, core, work, this::refusedBatches);
    this.held = new HeldFrames(atMs -> ports.driver().tickAt(this, atMs));
    this.view = currentView();
    this.told = view;
    this.recoveryPoint = log.recoveryPoint();
  }

  /** The partition. */
  public TopicPartition name() {
    return name;
  }

  /** The partition at the end of the last run. Any thread. */
  public PartitionView view() {
    return view;
  }

  /** From where a recovery would have to check, at the end of the last run. Any thread. */
  public long recoveryPoint() {
    return recoveryPoint;
  }

  /** Who is told of advances. Any thread. */
  public AdvanceListeners listeners() {
    return listeners;
  }

  /** Who is told of advances, and of records in the log that nobody but replicas may see. */
  public AdvanceListeners appendListeners() {
    return appendListeners;
  }

  /** The facts of a validated batch. Any thread. */
  static BatchFacts factsOf(ByteBuffer batch) {
    RecordBatch header = RecordBatch.at(batch, batch.position());
    return new BatchFacts(
        header.producerId(),
        header.producerEpoch(),
        header.baseSequence(),
        header.lastSequence(),
        header.recordCount());
  }

  /** Takes a batch to append. */
  public void produce(ProduceCommand command) {
    produce(command, factsOf(command.batch()));
  }

  void produce(ProduceCommand command, BatchFacts facts) {
    boolean appendTime = config.timestampType() == TimestampType.LOG_APPEND_TIME;
    handle(
        new PartitionEvent.Produce(
            command,
            facts,
            command.acks(),
            command.leaderEpoch(),
            command.pipeline(),
            command.deadlineMs(),
            appendTime ? ports.clock().wallMs() : -1));
  }

  /** Takes a request to delete records; completes the result at the end of a run. */
  public void deleteRecords(
      long beforeOffset, int leaderEpoch, long deadlineMs, CompletableFuture<Long> result) {
    handle(
        new PartitionEvent.DeleteRecords(
            new Outbox.DeleteToken(result), beforeOffset, leaderEpoch, deadlineMs));
  }

  /**
   * A reader met a corrupt batch. It is read again first: one bad read, or one of what was replaced
   * since, is no reason to cut a log.
   *
   * @return whether it is corrupt
   */
  public boolean foundCorrupt(long offset) {
    beginRun();
    boolean[] corrupt = {false};
    guarded(() -> corrupt[0] = !core.role().terminal() && cut.isCorrupt(offset));
    carryOutAll();
    if (corrupt[0]) {
      handle(new PartitionEvent.LogDamaged(offset));
    }
    return corrupt[0];
  }

  /** Takes a change of role or state, or what concerns pipelines. */
  public void handle(PartitionEvent event) {
    beginRun();
    if (core.isCutting() && !isTerminal(event)) {
      cut.hold(() -> handle(event));
    } else if (event instanceof FollowingEvent.ReplicatedBatches batches) {
      frames.take(batches, this::decide);
    } else if (mustHold(event)) {
      hold(event);
    } else {
      decide(event);
      if (!held.isEmpty() && core.role() != Role.LEADER) {
        releaseHeld();
      }
    }
  }

  private static boolean isTerminal(PartitionEvent event) {
    return event instanceof PartitionEvent.LogDirOffline || event instanceof PartitionEvent.Close;
  }

  /**
   * No batch may be on the disk before its leader epoch is: the first one of an epoch waits for
   * that, and whatever follows it on pipelines waits behind it.
   */
  private boolean mustHold(PartitionEvent event) {
    return held.precede(event)
        || (event instanceof PartitionEvent.Produce
            && core.role() == Role.LEADER
            && log.mustStartEpoch(core.leaderEpoch()));
  }

  private void hold(PartitionEvent event) {
    if (held.isEmpty()) {
      work.wantEpoch(core.leaderEpoch());
    }
    held.add(event);
  }

  private void releaseHeld() {
    held.takeAll().forEach(this::handle);
  }

  /** The timer ran out. */
  public void tick() {
    handle(new PartitionEvent.Tick());
    // While the log is being cut there are none. The core refuses what has expired, so nothing is
    // appended before its epoch.
    held.takeExpired(ports.clock().monotonicMs()).forEach(this::decide);
  }

  /** A task was run, and what it did is durable. */
  public void done(LogTask task) {
    beginRun();
    guarded(() -> work.done(task));
    if (core.isCutting()) {
      cut.hold(() -> tell(task));
    } else {
      tell(task);
    }
  }

  private void tell(LogTask task) {
    if (core.role().terminal()) {
      return;
    }
    if (task instanceof FlushTicket) {
      decide(new PartitionEvent.Flushed(log.durableOffset()));
    } else if (task instanceof LogStartMove) {
      decide(new PartitionEvent.LogStartMoved(log.logStartOffset()));
    } else if (task instanceof EpochStart) {
      releaseHeld();
      frames.goOn(this::decide);
    } else if (task instanceof SyncedMarkChange) {
      decideSettings();
    }
  }

  /** Has the log flushed although nobody waits for it, so that a recovery has less to check. */
  public void requestFlush() {
    beginRun();
    work.wantFlush();
  }

  /** Applies new settings to log and core. */
  public void reconfigure(PartitionConfig changed) {
    beginRun();
    config = changed;
    if (!core.role().terminal()) {
      guarded(() -> log.reconfigure(changed.log()));
      syncedMark.settingsChanged();
      decideSettings();
    }
  }

  private void decideSettings() {
    handle(new PartitionEvent.SettingsChanged(syncedMark.inForce(config.coreSettings())));
  }

  /** What a boot of the machine may have cost is known to the controller (S14). */
  public void lossKnown() {
    beginRun();
    syncedMark.lossKnown();
    if (!core.role().terminal()) {
      // What was recovered is flushed now, as the mark waits for it.
      decideSettings();
    }
  }

  /**
   * Applies retention and forgets expired producers.
   *
   * @param timeTrusted whether the wall clock may decide what is too old
   * @return segments to delete after their delay, once they have left the log; readers may still be
   *     in them
   */
  public CompletableFuture<List<DetachedSegment>> applyRetention(boolean timeTrusted) {
    beginRun();
    CompletableFuture<List<DetachedSegment>> detached = new CompletableFuture<>();
    if (!core.role().terminal()) {
      RetentionInput input =
          new RetentionInput(ports.clock().wallMs(), core.highWatermark(), timeTrusted);
      try {
        return work.retain(input);
      } catch (LogDirException e) {
        diskFailed(e);
        carryOutAll();
      }
    }
    detached.complete(List.of());
    return detached;
  }

  /**
   * Lets a cleaning begin, if none is under way and the log is to stay.
   *
   * @return what to clean; {@link #cleaningEnded} must follow. Empty if it must not begin
   */
  public Optional<LogCleaningLease> beginCleaning() {
    beginRun();
    boolean may = !core.role().terminal() && !core.isCutting();
    return may && config.log().compaction().compact()
        ? work.cleaning().begin(core.highWatermark())
        : Optional.empty();
  }

  /**
   * Rolls the last segment if it holds a record that compaction must not leave alone any longer.
   *
   * @param nowMs the wall clock, which must be trusted, ms since 1970 UTC
   */
  public void rollIfOverdue(long nowMs) {
    beginRun();
    if (!core.role().terminal() && !core.isCutting()) {
      guarded(() -> log.rollIfOverdue(nowMs));
      carryOutAll();
    }
  }

  /**
   * Takes in what a cleaning has made.
   *
   * @return the segments that left the log, to be deleted after their delay; empty if the log was
   *     cut or is ended: what was made counts for nothing
   */
  public CompletableFuture<Optional<List<DetachedSegment>>> takeIn(CleanedGroup group) {
    beginRun();
    return work.cleaning().takeIn(group);
  }

  /** The cleaning thread touches the log's files no more. */
  public void cleaningEnded() {
    beginRun();
    guarded(work::cleaningEnded);
  }

  /** The log directory failed: all that waits and comes is refused. */
  public void logDirFailed(String what) {
    handle(new PartitionEvent.LogDirOffline(offline(what)));
    work.diskFailed();
    refuseHeld();
  }

  /** After the end: whatever was held is refused now. */
  private void refuseHeld() {
    cut.forget();
    cut.release();
    releaseHeld();
    frames.goOn(this::decide);
  }

  /**
   * Ends the partition here and closes its log in order: all of it is durable then.
   *
   * @param refusal what waiting and later requests are told
   */
  public void close(MillraceError refusal) {
    boolean failed = core.role() == Role.OFFLINE;
    end(refusal);
    if (failed) {
      log.abandon();
    } else {
      guarded(work::close);
    }
  }

  /**
   * Ends the partition here, because its log is to be deleted; nothing more is written.
   *
   * @param refusal what waiting and later requests are told
   * @return completes once nobody writes to the log's files any more
   */
  public CompletableFuture<Void> abandon(MillraceError refusal) {
    end(refusal);
    return work.abandon();
  }

  private void end(MillraceError refusal) {
    handle(new PartitionEvent.Close(refusal));
    refuseHeld();
    view = currentView();
  }

  /** Ends a run: asks for a flush, publishes the view, answers, tells of the advance. */
  public void finishRun() {
    frames.dropStale(this::decide);
    inRun = false;
    startWork();
    PartitionView before = told;
    PartitionView after = currentView();
    boolean advanced = isAdvance(before, after);
    boolean changed = advanced || before.log() != after.log();
    if (changed) {
      view = after;
      told = after;
    }
    recoveryPoint = log.recoveryPoint();
    outbox.sendAll();
    if (advanced) {
      news.tellRole(before, after);
      listeners.advanced(this::callbackThrew);
    }
    if (changed) {
      appendListeners.advanced(this::callbackThrew);
    }
  }

  private void callbackThrew(RuntimeException thrown) {
    ports.driver().callbackThrew(this, thrown);
  }

  private static boolean isAdvance(PartitionView before, PartitionView after) {
    return before.highWatermark() != after.highWatermark()
        || before.logStartOffset() != after.logStartOffset()
        || before.leaderEpoch() != after.leaderEpoch()
        || before.role() != after.role()
        || !before.standing().equals(after.standing());
  }

  private PartitionView currentView() {
    return new PartitionView(
        core.role(),
        core.refusal(),
        core.leaderEpoch(),
        core.epochStartOffset(),
        core.highWatermark(),
        log.snapshot(),
        core.readStanding());
  }

  private void beginRun() {
    if (!inRun) {
      inRun = true;
      ports.driver().touched(this);
    }
  }

  private void decide(PartitionEvent event) {
    core.on(event, ports.clock().monotonicMs(), effects);
    carryOutAll();
  }

  private void carryOutAll() {
    for (int i = 0; i < effects.size(); i++) {
      carryOut(effects.get(i));
    }
    effects.clear();
  }

  private void carryOut(Effect effect) {
    if (effect instanceof Effect.Append append) {
      guarded(() -> append(append));
    } else if (effect instanceof Effect.Answer || effect instanceof Effect.AnswerDelete) {
      outbox.add(effect);
    } else if (effect instanceof Effect.RequestFlush) {
      work.wantFlush();
    } else if (effect instanceof Effect.MoveLogStart move) {
      work.wantLogStart(move.logStartOffset());
    } else if (effect instanceof Effect.SetTimer timer) {
      ports.driver().tickAt(this, timer.atMs());
    } else if (effect instanceof FollowingEffect following) {
      carryOutFollowing(following);
    } else if (effect instanceof LeadingEffect leading) {
      news.tellIfGivingUp(leading);
      outbox.add(effect);
    }
    // MoveHighWatermark is published with the view at the end of the run.
  }

  private void carryOutFollowing(FollowingEffect effect) {
    if (effect instanceof FollowingEffect.AppendReplicated replicated) {
      guarded(() -> frames.append(replicated.event(), this::feed));
    } else if (effect instanceof FollowingEffect.Truncate
        || effect instanceof FollowingEffect.TruncateFullyAndStartAt) {
      guarded(() -> beginCut(effect));
    } else {
      outbox.add(effect);
    }
  }

  private void append(Effect.Append append) {
    ByteBuffer batch = ((ProduceCommand) append.token()).batch();
    if (append.logAppendTimeMs() >= 0) {
      RecordBatch.stampLogAppendTime(batch, batch.position(), append.logAppendTimeMs());
    }
    RecordBatch.stamp(batch, batch.position(), append.baseOffset(), append.leaderEpoch());
    log.append(batch);
    feed(new PartitionEvent.Appended(log.logEndOffset()));
  }

  private void beginCut(FollowingEffect wanted) {
    if (ports.checkpoints().lower(this, cut.want(wanted))) {
      makeCut();
    }
  }

  /** Nothing noted lies above the cut that was to be made. */
  public void lowered() {
    beginRun();
    if (cut.isWanted()) {
      guarded(this::makeCut);
      carryOutAll();
      cut.release();
    }
  }

  private void makeCut() {
    FollowingEvent.Truncated made = cut.make();
    recoveryPoint = log.recoveryPoint();
    feed(made);
  }

  private void refusedBatches(MillraceError why) {
    news.tellRefused(core.leaderEpoch(), why);
    ports.replication().refused(why);
  }

  /** Gives the core an event from within the carrying out of its effects. */
  private void feed(PartitionEvent event) {
    core.on(event, ports.clock().monotonicMs(), effects);
  }

  /** Does something with the log; if the disk fails, the partition is offline from here on. */
  private void guarded(Runnable work) {
    try {
      work.run();
    } catch (LogDirException e) {
      diskFailed(e);
    }
  }

  private void diskFailed(LogDirException cause) {
    feed(new PartitionEvent.LogDirOffline(offline(String.valueOf(cause.getMessage()))));
    ports.failures().diskFailed(cause);
  }

  private MillraceError offline(String what) {
    return new MillraceError(
        ErrorCode.LOG_DIR_OFFLINE, "the log directory of " + name + " is offline: " + what);
  }

  private void startWork() {
    if (!core.role().terminal()) {
      work.wantSyncedMark(syncedMark.wanted(config.log().flushMode()));
      guarded(work::startWanted);
      carryOutAll();
    }
  }
}
