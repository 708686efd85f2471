package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupAnswer.MemberState;
import io.millrace.broker.group.core.GroupAnswer.Refused;
import io.millrace.broker.group.core.GroupCommand.CommitOffsets;
import io.millrace.broker.group.core.GroupCommand.Heartbeat;
import io.millrace.broker.group.core.GroupCommand.MemberProfile;
import io.millrace.broker.group.core.GroupCommand.OffsetToCommit;
import io.millrace.broker.group.core.TopicsView.Topic;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** A core whose appends are committed when the test says so, or at once. */
final class TestCoordinator {
  static final String GROUP = "g";
  static final UUID ORDERS = new UUID(1, 1);

  final List<CoordinatorEffect> effects = new ArrayList<>();
  final List<CoordinatorEffect.Append> appends = new ArrayList<>();
  final List<EncodedRecord> log = new ArrayList<>();
  private final Map<RequestToken, GroupAnswer> answers = new HashMap<>();
  TopicsView topics = TopicsView.EMPTY.with(new Topic(ORDERS, "orders", 4));
  Parts parts = new Parts();
  CoordinatorCore core;
  boolean commitsAtOnce = true;
  long nowMs = 1_000;

  /** A request that waits for its answer. */
  static final class Token implements RequestToken {}

  /** A member's stream. */
  static final class Stream implements StreamToken {}

  TestCoordinator() {
    this(GroupSettings.DEFAULTS);
  }

  TestCoordinator(GroupSettings settings) {
    core = newCore(settings, parts);
    tell(new CoordinatorEvent.TopicsChanged(topics, Set.of("orders")));
    tell(new CoordinatorEvent.LoadEnded());
  }

  static CoordinatorCore newCore(GroupSettings settings) {
    return newCore(settings, new Parts());
  }

  private static CoordinatorCore newCore(GroupSettings settings, Parts parts) {
    return new CoordinatorCore(
        settings, (message, cause) -> new IllegalStateException(message, cause), parts);
  }

  /** Another core loads the log. */
  void failOver() {
    parts = new Parts();
    core = newCore(GroupSettings.DEFAULTS, parts);
    tell(new CoordinatorEvent.TopicsChanged(topics, topics.byName().keySet()));
    tell(new CoordinatorEvent.Loaded(log));
    tell(new CoordinatorEvent.LoadEnded());
  }

  void tell(CoordinatorEvent event) {
    List<CoordinatorEffect> now = new ArrayList<>();
    core.on(event, new Now(nowMs, nowMs), now);
    effects.addAll(now);
    for (CoordinatorEffect effect : now) {
      if (effect instanceof CoordinatorEffect.Answer answer) {
        answers.put(answer.token(), answer.answer());
      } else if (effect instanceof CoordinatorEffect.Append append) {
        appends.add(append);
        if (commitsAtOnce) {
          commit();
        }
      } else if (effect instanceof CoordinatorEffect.Defect defect) {
        throw defect.defect();
      }
    }
  }

  /** The last append is committed. */
  void commit() {
    CoordinatorEffect.Append append = appends.get(appends.size() - 1);
    log.addAll(append.records());
    tell(new CoordinatorEvent.Committed(append.number()));
  }

  /** The last append fails. */
  void fail(boolean maybeWritten) {
    CoordinatorEffect.Append append = appends.get(appends.size() - 1);
    MillraceError error = new MillraceError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "failed");
    tell(new CoordinatorEvent.AppendFailed(append.number(), error, maybeWritten));
  }

  void topicsAre(TopicsView view, String... changed) {
    topics = view;
    tell(new CoordinatorEvent.TopicsChanged(view, Set.of(changed)));
  }

  /** Time passes, with the ticks that were asked for. */
  void passTime(long ms) {
    long end = nowMs + ms;
    while (nowMs < end) {
      nowMs = Math.min(end, nowMs + 100);
      tell(new CoordinatorEvent.Tick());
    }
  }

  Token submit(GroupCommand command) {
    Token token = new Token();
    tell(new CoordinatorEvent.Submitted(token, command));
    return token;
  }

  Optional<GroupAnswer> answer(Token token) {
    return Optional.ofNullable(answers.get(token));
  }

  GroupAnswer run(GroupCommand command) {
    return answer(submit(command)).orElseThrow();
  }

  GroupAnswer ask(GroupQuery query) {
    Token token = new Token();
    tell(new CoordinatorEvent.Asked(token, query));
    return answer(token).orElseThrow();
  }

  static ErrorCode refusal(GroupAnswer answer) {
    return ((Refused) answer).error().code();
  }

  // ---- commands

  static MemberProfile profile(String instance) {
    return new MemberProfile(instance, "", "client", "host", 0, 0);
  }

  static Subscription subscription(String topic) {
    return new Subscription(new TreeSet<>(List.of(topic)), "");
  }

  static Heartbeat join(String member) {
    return joinAs(member, "");
  }

  static Heartbeat joinAs(String member, String instance) {
    return joinAs(member, instance, "orders");
  }

  static Heartbeat joinAs(String member, String instance, String topic) {
    return new Heartbeat(
        GROUP,
        member,
        0,
        profile(instance),
        Optional.of(subscription(topic)),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** A heartbeat with an expression for a subscription. */
  static Heartbeat matching(String member, int epoch, String regex) {
    return new Heartbeat(
        GROUP,
        member,
        epoch,
        profile(""),
        Optional.of(new Subscription(new TreeSet<>(), regex)),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** A heartbeat that does not say what the member owns. */
  static Heartbeat quiet(String member, int epoch) {
    return new Heartbeat(
        GROUP,
        member,
        epoch,
        profile(""),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  static Heartbeat beat(String member, int epoch, Collection<TopicIdPartition> owned) {
    return new Heartbeat(
        GROUP,
        member,
        epoch,
        profile(""),
        Optional.empty(),
        Optional.empty(),
        Optional.of(Set.copyOf(owned)),
        Optional.empty());
  }

  static Heartbeat on(StreamToken stream, Heartbeat beat) {
    return new Heartbeat(
        beat.groupId(),
        beat.memberId(),
        beat.memberEpoch(),
        beat.profile(),
        beat.subscription(),
        beat.assignor(),
        beat.owned(),
        Optional.of(stream));
  }

  MemberState state(GroupCommand heartbeat) {
    return (MemberState) run(heartbeat);
  }

  /** Joins, and confirms what it is given. */
  MemberState joined(String member) {
    MemberState state = state(join(member));
    run(beat(member, state.memberEpoch(), state.assigned().orElseThrow()));
    return state;
  }

  static CommitOffsets commitOf(String member, int epoch, TopicIdPartition partition, long offset) {
    return new CommitOffsets(
        GROUP, member, epoch, List.of(new OffsetToCommit(partition, offset, -1, "")));
  }

  static TopicIdPartition orders(int number) {
    return new TopicIdPartition(ORDERS, number);
  }
}
