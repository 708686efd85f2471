package io.millrace.broker.group.core;

import io.millrace.broker.group.core.TopicsView.Topic;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A coordinator, its log, its clients and the network between them, in virtual time on one thread:
 * a seed is a schedule. Requests and answers are lost, late and doubled; the coordinator dies
 * between append and commit, and is loaded again from a log that is compacted or not.
 */
final class GroupWorld {
  static final String GROUP = "readers";
  static final GroupSettings SETTINGS =
      new GroupSettings(6_000, 6_000, 60_000, 1_000, 50, 20_000, 100);

  private static final long WALL_OFFSET_MS = 1_800_000_000_000L;

  final Random random;
  final long seed;
  final List<ModelMember> members = new ArrayList<>();
  final GroupInvariants invariants = new GroupInvariants(this);
  private final Supplier<Parts> parts;
  private final Plant plant;
  private final PriorityQueue<Due> schedule = new PriorityQueue<>();
  private final Map<RequestToken, Consumer<GroupAnswer>> requests = new HashMap<>();
  private final Map<String, Integer> topicPartitions = new LinkedHashMap<>();
  private final Map<String, UUID> topicIds = new HashMap<>();
  private List<EncodedRecord> log = new ArrayList<>();
  private TopicsView topics = TopicsView.EMPTY;
  private CoordinatorCore core;
  private boolean loading;
  private boolean loadBegan;

  /** Of which core something was meant: what is for an older one is lost. */
  private int life;

  /** How many appends the core that is alive has asked for, and how many of them have ended. */
  private long appended;

  private long ended;
  private long nowMs;
  private long sequence;
  private int topicsMade;
  private int membersMade;
  boolean calm;

  /** Defects of whoever drives the core. */
  enum Plant {
    NONE,
    COMMITTED_BEFORE_WRITTEN,
    OLDEST_RECORD_OF_A_KEY_WINS,
    UNWRITTEN_TOLD_AS_WRITTEN
  }

  /** Something to come. */
  private record Due(long atMs, long order, Runnable what) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      int byTime = Long.compare(atMs, other.atMs);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  /** A client's end of a stream. */
  static final class Stream implements StreamToken {
    final Consumer<GroupAnswer> receiver;
    long lastSentMs;
    long lastArrivalMs;
    boolean over;

    Stream(Consumer<GroupAnswer> receiver) {
      this.receiver = receiver;
    }
  }

  private static final class Token implements RequestToken {}

  GroupWorld(long seed, Supplier<Parts> parts, Plant plant) {
    this.seed = seed;
    this.random = new Random(seed);
    this.parts = parts;
    this.plant = plant;
    addTopic("a", 3);
    addTopic("b", 2);
    this.core = newCore();
    beginLoad();
    for (int i = 0; i < 4; i++) {
      addMember();
    }
    after(500, this::mishap);
  }

  // ---- running

  /** Does the next thing that is due. */
  void step() {
    Due due = schedule.remove();
    nowMs = Math.max(nowMs, due.atMs());
    due.what().run();
    invariants.check();
  }

  /** Runs for a while without anything going wrong, then expects everything to be settled. */
  void calmDown() {
    calm = true;
    if (!topicIds.containsKey("a")) {
      addTopic("a", 3);
      topicsChanged("a");
    }
    members.forEach(ModelMember::calmDown);
    long end = nowMs + 180_000;
    while (schedule.peek().atMs() < end) {
      step();
    }
    invariants.checkSettled();
  }

  long nowMs() {
    return nowMs;
  }

  Now now() {
    return new Now(nowMs, WALL_OFFSET_MS + nowMs);
  }

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  /** Has something done later. */
  void after(long ms, Runnable what) {
    schedule.add(new Due(nowMs + ms, sequence++, what));
  }

  // ---- what goes wrong

  private void mishap() {
    if (calm) {
      return;
    }
    int kind = random.nextInt(100);
    if (kind < 25) {
      crash();
    } else if (kind < 45) {
      changeTopics();
    } else if (kind < 75) {
      members.get(random.nextInt(members.size())).mishap();
    } else if (members.size() < 12) {
      addMember();
    }
    after(300 + random.nextInt(4_000), this::mishap);
  }

  private void addMember() {
    membersMade++;
    String instance = membersMade % 3 == 0 ? "static-" + membersMade : "";
    members.add(new ModelMember(this, "m" + membersMade, instance));
  }

  private void changeTopics() {
    List<String> names = List.of("a", "b", "c", "bc");
    String name = names.get(random.nextInt(names.size()));
    Integer partitions = topicPartitions.get(name);
    if (partitions == null) {
      addTopic(name, 1 + random.nextInt(4));
    } else if (partitions > 7 || chance(30)) {
      topicPartitions.remove(name);
      topicIds.remove(name);
      topics = topics.without(name);
    } else {
      topicPartitions.put(name, partitions + 1);
      putTopic(name);
    }
    topicsChanged(name);
  }

  private void addTopic(String name, int partitions) {
    topicPartitions.put(name, partitions);
    topicIds.put(name, new UUID(7, ++topicsMade));
    putTopic(name);
  }

  private void putTopic(String name) {
    topics = topics.with(new Topic(topicIds.get(name), name, topicPartitions.get(name)));
  }

  private void topicsChanged(String name) {
    tell(new CoordinatorEvent.TopicsChanged(topics, Set.of(name)));
  }

  TopicsView topics() {
    return topics;
  }

  // ---- the coordinator

  /** The core, if it is ready. */
  CoordinatorCore core() {
    return core;
  }

  boolean isReady() {
    return !loading;
  }

  /** Whether the coordinator is ready, and all that is in the log is committed. */
  boolean isAtRest() {
    return !loading && appended == ended;
  }

  List<EncodedRecord> log() {
    return log;
  }

  private CoordinatorCore newCore() {
    return new CoordinatorCore(
        SETTINGS, (message, cause) -> new IllegalStateException(message, cause), parts.get());
  }

  private void crash() {
    life++;
    requests.clear();
    members.forEach(ModelMember::streamLost);
    core = newCore();
    appended = 0;
    ended = 0;
    loading = true;
    loadBegan = false;
    int ofLife = life;
    after(random.nextInt(9_000), () -> ofLife(ofLife, this::beginLoad));
  }

  private void beginLoad() {
    loading = true;
    loadBegan = true;
    if (chance(50)) {
      log = compacted(log);
    }
    tell(new CoordinatorEvent.TopicsChanged(topics, topics.byName().keySet()));
    int at = 0;
    while (at < log.size()) {
      int end = Math.min(log.size(), at + 1 + random.nextInt(20));
      tell(new CoordinatorEvent.Loaded(log.subList(at, end)));
      at = end;
    }
    int ofLife = life;
    after(
        random.nextInt(1_000),
        () -> {
          if (life == ofLife) {
            loading = false;
            tell(new CoordinatorEvent.LoadEnded());
          }
        });
  }

  /** The last record of each key, at its place; gone ones may be gone altogether. */
  List<EncodedRecord> compacted(List<EncodedRecord> records) {
    Map<ByteBuffer, EncodedRecord> last = new LinkedHashMap<>();
    for (EncodedRecord record : records) {
      ByteBuffer key = ByteBuffer.wrap(record.key());
      if (plant != Plant.OLDEST_RECORD_OF_A_KEY_WINS) {
        last.remove(key);
        last.put(key, record);
      } else {
        last.putIfAbsent(key, record);
      }
    }
    List<EncodedRecord> left = new ArrayList<>(last.values());
    left.removeIf(record -> record.value() == null);
    return left;
  }

  private void tell(CoordinatorEvent event) {
    if (event instanceof CoordinatorEvent.Committed
        || event instanceof CoordinatorEvent.AppendFailed) {
      ended++;
    }
    List<CoordinatorEffect> effects = new ArrayList<>();
    core.on(event, now(), effects);
    effects.forEach(this::carryOut);
  }

  private void carryOut(CoordinatorEffect effect) {
    if (effect instanceof CoordinatorEffect.Append append) {
      appended++;
      int ofLife = life;
      if (plant == Plant.COMMITTED_BEFORE_WRITTEN) {
        after(0, () -> ofLife(ofLife, () -> tell(new CoordinatorEvent.Committed(append.number()))));
      }
      after(random.nextInt(30), () -> write(append, ofLife));
    } else if (effect instanceof CoordinatorEffect.Answer answer) {
      invariants.answered(answer);
      Consumer<GroupAnswer> receiver = requests.remove(answer.token());
      if (receiver != null) {
        receiver.accept(answer.answer());
      }
    } else if (effect instanceof CoordinatorEffect.Push push) {
      pushed((Stream) push.stream(), push.state());
    } else if (effect instanceof CoordinatorEffect.EndStream end) {
      pushed((Stream) end.stream(), new GroupAnswer.Refused(end.error()));
    } else if (effect instanceof CoordinatorEffect.WakeAt wake) {
      int ofLife = life;
      after(
          Math.max(0, wake.atMs() - nowMs) + random.nextInt(20),
          () -> ofLife(ofLife, () -> tell(new CoordinatorEvent.Tick())));
    } else if (effect instanceof CoordinatorEffect.Reload) {
      loading = true;
      members.forEach(ModelMember::streamLost);
      int ofLife = life;
      after(random.nextInt(2_000), () -> ofLife(ofLife, this::beginLoad));
    } else if (effect instanceof CoordinatorEffect.Defect defect) {
      throw new AssertionError("seed " + seed + ": a defect", defect.defect());
    } else {
      throw new AssertionError("seed " + seed + ": " + effect);
    }
  }

  private void ofLife(int meant, Runnable what) {
    if (life == meant) {
      what.run();
    }
  }

  private void write(CoordinatorEffect.Append append, int ofLife) {
    if (life != ofLife) {
      writeOfTheDead(append.records());
    } else if (calm || chance(88)) {
      log.addAll(append.records());
      after(random.nextInt(30), () -> ofLife(ofLife, () -> committed(append)));
    } else {
      fail(append);
    }
  }

  /** Some of a deposed leader's append may be in the log, but not once the next one has read it. */
  private void writeOfTheDead(List<EncodedRecord> records) {
    if (!loadBegan && chance(50)) {
      log.addAll(records.subList(0, random.nextInt(records.size() + 1)));
    }
  }

  private void committed(CoordinatorEffect.Append append) {
    if (plant != Plant.COMMITTED_BEFORE_WRITTEN) {
      tell(new CoordinatorEvent.Committed(append.number()));
    }
  }

  private void fail(CoordinatorEffect.Append append) {
    boolean maybeWritten = chance(50);
    if (maybeWritten) {
      log.addAll(append.records().subList(0, random.nextInt(append.records().size() + 1)));
    }
    MillraceError error = new MillraceError(ErrorCode.COORDINATOR_NOT_AVAILABLE, "append failed");
    if (plant == Plant.UNWRITTEN_TOLD_AS_WRITTEN && !maybeWritten) {
      tell(new CoordinatorEvent.Committed(append.number()));
    } else if (plant != Plant.COMMITTED_BEFORE_WRITTEN) {
      tell(new CoordinatorEvent.AppendFailed(append.number(), error, maybeWritten));
    }
  }

  // ---- the network

  /** Sends a command; the answer may never come. It may come to the coordinator again, later. */
  void send(GroupCommand command, boolean mayDouble, Consumer<GroupAnswer> receiver) {
    boolean sure = calm;
    if (!sure && chance(6)) {
      return;
    }
    boolean answerLost = !sure && chance(6);
    long delayMs = delayMs(sure);
    after(
        delayMs,
        () ->
            submit(
                command,
                answer -> {
                  if (!answerLost) {
                    after(delayMs(sure), () -> receiver.accept(answer));
                  }
                }));
    if (!sure && mayDouble && chance(3)) {
      after(delayMs + random.nextInt(4_000), () -> submit(command, answer -> {}));
    }
  }

  /** Sends a heartbeat on a stream: nothing is lost or overtaken, until the stream is. */
  void sendOn(Stream stream, GroupCommand command, Consumer<GroupAnswer> receiver) {
    long atMs = Math.max(stream.lastSentMs, nowMs + delayMs(calm));
    stream.lastSentMs = atMs;
    after(
        atMs - nowMs,
        () -> {
          if (!stream.over) {
            submit(command, answer -> arrive(stream, answer, receiver));
          }
        });
  }

  private void arrive(Stream stream, GroupAnswer answer, Consumer<GroupAnswer> receiver) {
    long atMs = Math.max(stream.lastArrivalMs, nowMs + delayMs(calm));
    stream.lastArrivalMs = atMs;
    after(
        atMs - nowMs,
        () -> {
          if (!stream.over) {
            receiver.accept(answer);
          }
        });
  }

  private void pushed(Stream stream, GroupAnswer news) {
    arrive(stream, news, stream.receiver);
  }

  /** A stream breaks; the coordinator hears of it sooner or later. */
  void close(Stream stream) {
    stream.over = true;
    int ofLife = life;
    after(
        random.nextInt(1_000),
        () -> ofLife(ofLife, () -> tell(new CoordinatorEvent.StreamClosed(stream))));
  }

  private long delayMs(boolean sure) {
    return sure || chance(90) ? 1 + random.nextInt(10) : random.nextInt(3_000);
  }

  private void submit(GroupCommand command, Consumer<GroupAnswer> receiver) {
    Token token = new Token();
    requests.put(token, receiver);
    invariants.submitted(token, command);
    tell(new CoordinatorEvent.Submitted(token, command));
  }

  /** What is committed for a partition; empty while nobody can tell. */
  @Nullable Long committedOffset(TopicIdPartition partition) {
    if (!isReady()) {
      return null;
    }
    return core.image().group(GROUP).offset(partition).map(CommittedOffset::offset).orElse(0L);
  }
}
