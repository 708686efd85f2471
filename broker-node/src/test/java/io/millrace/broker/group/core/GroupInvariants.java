package io.millrace.broker.group.core;

import io.millrace.broker.group.core.GroupAnswer.GroupState;
import io.millrace.broker.group.core.GroupAnswer.PartitionResult;
import io.millrace.broker.group.core.GroupAnswer.PartitionResults;
import io.millrace.broker.group.core.GroupCommand.CommitOffsets;
import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What must hold in a {@link GroupWorld}, after each step and in the end. */
final class GroupInvariants {
  private static final int REPLAY_EVERY = 50;

  private final GroupWorld world;
  private final Map<RequestToken, CommitOffsets> commits = new HashMap<>();

  /** The last offset of which a client could hear that it is committed. */
  private final Map<TopicIdPartition, Long> acknowledged = new HashMap<>();

  private final Map<TopicIdPartition, Long> committedAtMs = new HashMap<>();
  private final Map<String, Integer> highestEpochs = new HashMap<>();
  private final Set<String> goneMembers = new HashSet<>();
  private GroupImage before = GroupImage.NONE;
  private long checks;

  GroupInvariants(GroupWorld world) {
    this.world = world;
  }

  void expect(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(
          "seed %d, at %d ms: %s".formatted(world.seed, world.nowMs(), otherwise));
    }
  }

  // ---- heard on the way

  void submitted(RequestToken token, GroupCommand command) {
    if (command instanceof CommitOffsets commit) {
      commits.put(token, commit);
    }
  }

  void answered(CoordinatorEffect.Answer answer) {
    CommitOffsets commit = commits.remove(answer.token());
    if (commit == null || !(answer.answer() instanceof PartitionResults results)) {
      return;
    }
    for (int i = 0; i < commit.offsets().size(); i++) {
      PartitionResult result = results.results().get(i);
      if (result.error().isEmpty()) {
        long offset = commit.offsets().get(i).offset();
        long known = acknowledged.getOrDefault(result.partition(), 0L);
        expect(
            offset >= known,
            "the committed offset of %s went back from %d to %d by %s"
                .formatted(result.partition(), known, offset, commit.memberId()));
        acknowledged.put(result.partition(), offset);
        committedAtMs.put(result.partition(), world.nowMs());
      }
    }
  }

  void fenced(ModelMember member, MillraceError error) {
    expect(false, "a member that did as it was told is fenced: " + member.id + ", " + error);
  }

  // ---- after each step

  void check() {
    checkOwners();
    if (world.isReady()) {
      GroupImage now = world.core().image().group(GroupWorld.GROUP);
      if (now != before) {
        checkMembers(now);
        checkOffsets(now);
        before = now;
      }
    }
    if (++checks % REPLAY_EVERY == 0 && world.isAtRest()) {
      checkReplay();
    }
  }

  private void checkOwners() {
    Map<TopicIdPartition, ModelMember> owners = new HashMap<>();
    for (ModelMember member : world.members) {
      for (TopicIdPartition partition : member.owned) {
        if (member.believesToOwn(partition)) {
          ModelMember other = owners.put(partition, member);
          expect(other == null, partition + " has two owners: " + member + " and " + other);
        }
      }
    }
  }

  private void checkMembers(GroupImage now) {
    if (now.head().epoch() < before.head().epoch()) {
      // The group was empty for so long that it was forgotten.
      highestEpochs.clear();
      goneMembers.clear();
    }
    before.members().keySet().stream()
        .filter(id -> now.member(id).isEmpty())
        .forEach(goneMembers::add);
    for (String id : now.members().keySet()) {
      Assignment held = now.assignment(id);
      if (held.equals(Assignment.NONE)) {
        // It was put out and joined again in an append that was cut off.
        goneMembers.add(id);
        continue;
      }
      int highest = highestEpochs.getOrDefault(id, 0);
      boolean newAgain = goneMembers.remove(id);
      expect(
          newAgain ? held.epoch() > highest : held.epoch() >= highest,
          "the epoch of %s is %d after %d".formatted(id, held.epoch(), highest));
      highestEpochs.put(id, held.epoch());
      boolean cameBack = held.previousEpoch() == 0;
      for (TopicIdPartition partition : before.assignment(id).assigned().keySet()) {
        boolean keeps = now.target(id).contains(partition) && before.member(id).isPresent();
        expect(
            newAgain || cameBack || !keeps || held.assigned().containsKey(partition),
            id + " keeps " + partition + " and was interrupted");
      }
    }
  }

  private void checkOffsets(GroupImage now) {
    Set<String> read = new HashSet<>();
    TopicMatches matches = new TopicMatches();
    matches.topicsChanged(world.topics(), Set.of());
    now.members()
        .values()
        .forEach(member -> read.addAll(matches.of(member.subscription()).keySet()));
    for (TopicIdPartition partition : List.copyOf(acknowledged.keySet())) {
      long known = acknowledged.get(partition);
      var topic = world.topics().topic(partition.topicId());
      var committed = now.offset(partition);
      if (committed.isEmpty()) {
        boolean needed = topic.filter(found -> read.contains(found.name())).isPresent();
        long sinceMs = committedAtMs.get(partition);
        boolean old = sinceMs + GroupWorld.SETTINGS.offsetsRetentionMs() <= world.nowMs();
        expect(
            topic.isEmpty() || (!needed && old),
            "the committed offset of %s is lost: %d".formatted(partition, known));
        acknowledged.remove(partition);
      } else {
        expect(
            committed.get().offset() >= known,
            "the committed offset of %s went back from %d to %d"
                .formatted(partition, known, committed.get().offset()));
      }
    }
  }

  private void checkReplay() {
    GroupsImage live = world.core().image();
    expect(replay(world.log()).equals(live), "the log does not come to the image");
    expect(
        replay(world.compacted(world.log())).equals(live),
        "the compacted log does not come to the image");
  }

  private static GroupsImage replay(List<EncodedRecord> log) {
    GroupsImage image = GroupsImage.EMPTY;
    for (EncodedRecord record : log) {
      image = image.replay(GroupRecordCodec.decode(record));
    }
    return image;
  }

  // ---- in the end

  void checkSettled() {
    expect(world.isReady(), "the coordinator is not ready");
    GroupImage group = world.core().image().group(GroupWorld.GROUP);
    List<ModelMember> alive = world.members.stream().filter(member -> !member.dead).toList();
    Set<String> ids = alive.stream().map(member -> member.id).collect(Collectors.toSet());
    expect(
        group.members().keySet().equals(ids),
        "members: " + group.members().keySet() + " (expected: " + ids + ")");
    TopicMatches matches = new TopicMatches();
    matches.topicsChanged(world.topics(), Set.of());
    Set<TopicIdPartition> read = new TreeSet<>(Partitions.ORDER);
    Set<TopicIdPartition> owned = new TreeSet<>(Partitions.ORDER);
    for (ModelMember member : alive) {
      expect(
          member.owned.equals(group.target(member.id)),
          member + " has not its target " + group.target(member.id));
      member.owned.stream().filter(member::believesToOwn).forEach(owned::add);
      matches
          .of(member.subscription())
          .values()
          .forEach(
              topic -> {
                for (int number = 0; number < topic.partitionCount(); number++) {
                  read.add(new TopicIdPartition(topic.id(), number));
                }
              });
    }
    expect(owned.equals(read), "owned: " + owned + " (expected: " + read + ")");
    expect(
        group.state() == (alive.isEmpty() ? GroupState.EMPTY : GroupState.STABLE),
        "the group is " + group.state());
  }
}
