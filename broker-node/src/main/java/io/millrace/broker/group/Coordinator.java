package io.millrace.broker.group;

import io.millrace.broker.group.core.CoordinatorCore;
import io.millrace.broker.group.core.CoordinatorCore.Census;
import io.millrace.broker.group.core.CoordinatorEffect;
import io.millrace.broker.group.core.CoordinatorEvent;
import io.millrace.broker.group.core.EncodedRecord;
import io.millrace.broker.group.core.GroupAnswer;
import io.millrace.broker.group.core.GroupCommand;
import io.millrace.broker.group.core.GroupQuery;
import io.millrace.broker.group.core.Now;
import io.millrace.broker.group.core.TopicsView;
import io.millrace.broker.replica.PartitionHost;
import io.millrace.broker.replica.PartitionView;
import io.millrace.common.MillraceError;
import io.millrace.common.time.Scheduler.Cancellable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The coordinator of the groups of one partition of the offsets topic, in one leader epoch: drives
 * the core and carries out what it wants. Confined to its thread, but for what says otherwise.
 *
 * <p>It is ready only when the high watermark has reached the end that the log had when the load
 * began: until then what it read might still be lost, and who was told of it would see it go back.
 */
final class Coordinator {
  private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);
  private static final long NOTHING_AWAITED = Long.MAX_VALUE;

  /** All groups are looked at to count them: not with each event. */
  private static final long COUNT_INTERVAL_MS = 1_000;

  /** How long after a load that failed the next one begins: twice as long after each. */
  private static final long FIRST_RETRY_MS = 100;

  private static final long LAST_RETRY_MS = 10_000;

  private final GroupEnvironment env;
  private final PartitionHost host;
  private final int leaderEpoch;
  private final Executor thread;
  private final Supplier<TopicsView> topics;
  private final CoordinatorCore core;
  private final CoordinatorAppends appends;
  private final WaitingRequests requests;

  private boolean loading;
  private long loadBeganMs;
  private long retryMs = FIRST_RETRY_MS;
  private boolean resigned;

  /** What was counted last, and when it is counted again. */
  private Census census = Census.NONE;

  private long countAtMs;
  private Cancellable timer = () -> {};

  /** The high watermark that ends the load. */
  private volatile long awaited = NOTHING_AWAITED;

  /** What every request is told from now on; null while there is a coordinator. */
  private volatile @Nullable MillraceError refusal;

  /**
   * Makes the coordinator of a partition that this broker leads.
   *
   * @param leaderEpoch in which it does
   * @param topics the topics at this moment; any thread
   */
  Coordinator(
      GroupEnvironment env, PartitionHost host, int leaderEpoch, Supplier<TopicsView> topics) {
    this.env = env;
    this.host = host;
    this.leaderEpoch = leaderEpoch;
    this.topics = topics;
    this.thread = env.threads().of(host.id().partition());
    this.core = new CoordinatorCore(env.settings(), env.faults());
    this.appends =
        new CoordinatorAppends(
            host, leaderEpoch, env.clock(), this::post, event -> post(() -> appended(event)));
    this.requests = new WaitingRequests(host.name(), env.metrics());
  }

  /** Begins to load. Any thread, once. */
  void begin() {
    post(
        () -> {
          on(new CoordinatorEvent.TopicsChanged(topics.get(), topics.get().byName().keySet()));
          load();
        });
  }

  // ---- requests, from any thread

  /**
   * Asks for a command to be carried out.
   *
   * @param deadlineMs when nobody waits for it any more, on the monotonic clock
   * @param answered completed on the coordinator's thread: what hangs on it must not block, and
   *     what hung on it before this call is done before a stream is told of anything newer
   */
  void submit(GroupCommand command, long deadlineMs, CompletableFuture<GroupAnswer> answered) {
    take(
        command instanceof GroupCommand.CommitOffsets,
        deadlineMs,
        answered,
        token -> new CoordinatorEvent.Submitted(token, command));
  }

  /** Asks a question; as {@link #submit}. */
  CompletableFuture<GroupAnswer> ask(GroupQuery query, long deadlineMs) {
    CompletableFuture<GroupAnswer> answered = new CompletableFuture<>();
    take(false, deadlineMs, answered, token -> new CoordinatorEvent.Asked(token, query));
    return answered;
  }

  private void take(
      boolean commit,
      long deadlineMs,
      CompletableFuture<GroupAnswer> answered,
      Function<WaitingRequests.Request, CoordinatorEvent> event) {
    Optional<WaitingRequests.Request> taken = requests.take(commit, answered);
    if (taken.isEmpty()) {
      answered.complete(new GroupAnswer.Refused(requests.throttled()));
      return;
    }
    WaitingRequests.Request request = taken.get();
    post(
        () -> {
          MillraceError refused = refusal;
          if (refused != null) {
            request.answer(new GroupAnswer.Refused(refused));
          } else if (deadlineMs <= env.clock().monotonicMs()) {
            request.answer(new GroupAnswer.Refused(CoordinatorErrors.timedOut()));
          } else {
            on(event.apply(request));
          }
        });
  }

  /** A member's stream is over. Any thread. */
  void streamClosed(MemberStream stream) {
    post(() -> on(new CoordinatorEvent.StreamClosed(stream)));
  }

  /** Topics have changed. Any thread. */
  void topicsChanged(Set<String> changed) {
    post(() -> on(new CoordinatorEvent.TopicsChanged(topics.get(), changed)));
  }

  // ---- the leadership, from any thread

  /** The broker leads no more in this epoch, or stops: nothing is answered but with the error. */
  void resign(MillraceError error) {
    refusal = error;
    post(() -> stop(error));
  }

  /** The partition has advanced. */
  void advanced() {
    if (awaited <= host.view().highWatermark()) {
      post(this::endLoad);
    }
  }

  private boolean leads() {
    return leads(host.view());
  }

  private boolean leads(PartitionView view) {
    return view.leads() && view.leaderEpoch() == leaderEpoch;
  }

  private void stop(MillraceError error) {
    if (!resigned) {
      on(new CoordinatorEvent.Resigned(error));
      resigned = true;
      timer.cancel();
      count(new Census(0, 0, census.rebalances()));
    }
  }

  // ---- the core

  private void post(Runnable task) {
    thread.execute(
        () -> {
          try {
            task.run();
          } catch (RuntimeException | Error thrown) {
            throw env.faults().fatal("the coordinator of " + host.name() + " failed", thrown);
          }
        });
  }

  private void on(CoordinatorEvent event) {
    if (resigned) {
      return;
    }
    List<CoordinatorEffect> effects = new ArrayList<>();
    Now now = new Now(env.clock().monotonicMs(), env.clock().wallMs());
    core.on(event, now, effects);
    effects.forEach(this::carryOut);
    if (now.ms() >= countAtMs) {
      countAtMs = now.ms() + COUNT_INTERVAL_MS;
      count(core.census());
    }
  }

  private void count(Census now) {
    env.metrics().changed(census, now);
    census = now;
  }

  private void carryOut(CoordinatorEffect effect) {
    if (effect instanceof CoordinatorEffect.Append append) {
      appends.append(append.number(), append.records());
    } else if (effect instanceof CoordinatorEffect.Answer answer) {
      ((WaitingRequests.Request) answer.token()).answer(answer.answer());
    } else if (effect instanceof CoordinatorEffect.Push push) {
      ((MemberStream) push.stream()).push(push.state());
    } else if (effect instanceof CoordinatorEffect.EndStream end) {
      ((MemberStream) end.stream()).end(end.error());
    } else if (effect instanceof CoordinatorEffect.WakeAt wake) {
      wakeAt(wake.atMs());
    } else if (effect instanceof CoordinatorEffect.Reload) {
      LOG.warn("{} does not know what became of an append: it loads again", prefix());
      load();
    } else if (effect instanceof CoordinatorEffect.LoadFailed failed) {
      fail(failed.error().message());
    } else if (effect instanceof CoordinatorEffect.Defect defect) {
      LOG.error("{} refused what it failed to decide", prefix(), defect.defect());
    }
  }

  private void wakeAt(long atMs) {
    timer.cancel();
    long delayMs = Math.max(0, atMs - env.clock().monotonicMs());
    timer = env.scheduler().schedule(delayMs, () -> post(() -> on(new CoordinatorEvent.Tick())));
  }

  /** Who leads no more is told so by {@link #resign}, and not what became of its append. */
  private void appended(CoordinatorEvent outcome) {
    if (leads()) {
      on(outcome);
    }
  }

  // ---- the load

  private void load() {
    loading = true;
    loadBeganMs = env.clock().monotonicMs();
    env.threads().loaders().execute(this::read);
  }

  /** On a thread that loads. */
  private void read() {
    long endOffset = host.view().logEndOffset();
    if (refusal != null || !leads()) {
      return;
    }
    CoordinatorLoad load = new CoordinatorLoad(host, () -> refusal == null, this::loaded);
    Optional<CoordinatorLoad.Failure> failure = load.readTo(endOffset);
    post(() -> wasRead(endOffset, failure));
  }

  /** On a thread that loads: hands records to the coordinator's. */
  private void loaded(List<EncodedRecord> records) throws InterruptedException {
    CountDownLatch taken = new CountDownLatch(1);
    post(
        () -> {
          on(new CoordinatorEvent.Loaded(records));
          taken.countDown();
        });
    taken.await();
  }

  private void wasRead(long endOffset, Optional<CoordinatorLoad.Failure> failure) {
    if (failure.isEmpty()) {
      awaited = endOffset;
      endLoad();
    } else if (leads() && failure.get().passing()) {
      loadLater(failure.get().why());
    } else if (leads()) {
      fail(failure.get().why());
    }
  }

  /** Nobody else can coordinate these groups while this broker leads: it tries until it can. */
  private void loadLater(String why) {
    LOG.warn("{} could not be read, and is read again in {} ms: {}", prefix(), retryMs, why);
    env.metrics().loadFailed();
    on(new CoordinatorEvent.LoadRestarted());
    timer.cancel();
    timer = env.scheduler().schedule(retryMs, () -> env.threads().loaders().execute(this::read));
    retryMs = Math.min(LAST_RETRY_MS, 2 * retryMs);
  }

  private void endLoad() {
    PartitionView view = host.view();
    if (!loading || resigned || !leads(view) || view.highWatermark() < awaited) {
      return;
    }
    awaited = NOTHING_AWAITED;
    loading = false;
    retryMs = FIRST_RETRY_MS;
    on(new CoordinatorEvent.LoadEnded());
    long tookMs = env.clock().monotonicMs() - loadBeganMs;
    env.metrics().loaded(tookMs);
    LOG.info("{} coordinates groups, loaded in {} ms", prefix(), tookMs);
  }

  private void fail(String why) {
    if (refusal == null) {
      LOG.error("{} does not coordinate its groups, as it can't be read: {}", prefix(), why);
      env.metrics().loadFailed();
      MillraceError error = CoordinatorErrors.unreadable(host.name(), why);
      refusal = error;
      stop(error);
    }
  }

  private String prefix() {
    return "[broker " + env.brokerId() + "] [" + host.name() + " epoch " + leaderEpoch + "]";
  }
}
