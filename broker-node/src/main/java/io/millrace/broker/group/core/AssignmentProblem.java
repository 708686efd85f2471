package io.millrace.broker.group.core;

import io.millrace.broker.group.core.TopicsView.Topic;
import io.millrace.common.TopicIdPartition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Who is to share what: members, topics and partitions as numbers from 0, in a fixed order. Not
 * changed once it is made.
 */
final class AssignmentProblem {
  /** Stands for no member, and for no rack. */
  static final int NONE = -1;

  private final List<Consumer> members;
  private final List<Topic> topics;

  /** The partitions of topic t are from {@code firsts[t]} up to {@code firsts[t + 1]}. */
  private final int[] firsts;

  private final int[] topicOf;
  private final List<int[]> subscribers;
  private final List<BitSet> subscriptions;
  private final int[] rackOf;

  /** The racks of each partition's replicas; empty when that makes no difference. */
  private final List<BitSet> racks;

  /**
   * A member as an assignor sees it.
   *
   * @param memberId the member
   * @param place what members are ordered by: a static name that outlives the id, or the id
   * @param rack its rack, or empty
   * @param topics the names of its topics, all among the problem's
   * @param present what it was to own so far
   */
  record Consumer(
      String memberId,
      String place,
      String rack,
      Set<String> topics,
      SortedSet<TopicIdPartition> present) {}

  /** A problem of these members, whose topics these are. */
  AssignmentProblem(List<Consumer> consumers, SortedMap<String, Topic> byName) {
    members =
        consumers.stream()
            .sorted(Comparator.comparing(Consumer::place).thenComparing(Consumer::memberId))
            .toList();
    topics = List.copyOf(byName.values());
    firsts = new int[topics.size() + 1];
    for (int t = 0; t < topics.size(); t++) {
      firsts[t + 1] = firsts[t] + topics.get(t).partitionCount();
    }
    topicOf = new int[firsts[topics.size()]];
    for (int t = 0; t < topics.size(); t++) {
      Arrays.fill(topicOf, firsts[t], firsts[t + 1], t);
    }
    subscriptions = members.stream().map(member -> subscription(member, topics)).toList();
    subscribers = new ArrayList<>();
    for (int t = 0; t < topics.size(); t++) {
      int topic = t;
      subscribers.add(
          IntStream.range(0, members.size())
              .filter(m -> subscriptions.get(m).get(topic))
              .toArray());
    }
    Map<String, Integer> rackNumbers = new HashMap<>();
    members.stream()
        .map(Consumer::rack)
        .filter(rack -> !rack.isEmpty())
        .forEach(rack -> rackNumbers.putIfAbsent(rack, rackNumbers.size()));
    rackOf =
        members.stream()
            .mapToInt(member -> rackNumbers.getOrDefault(member.rack(), NONE))
            .toArray();
    racks = racks(topics, rackNumbers);
  }

  private static BitSet subscription(Consumer member, List<Topic> topics) {
    BitSet subscribed = new BitSet(topics.size());
    for (int t = 0; t < topics.size(); t++) {
      subscribed.set(t, member.topics().contains(topics.get(t).name()));
    }
    return subscribed;
  }

  private static List<BitSet> racks(List<Topic> topics, Map<String, Integer> numbers) {
    List<BitSet> racks = new ArrayList<>();
    for (Topic topic : topics) {
      for (int number = 0; number < topic.partitionCount(); number++) {
        BitSet ofPartition = new BitSet();
        for (String rack : topic.racksOf(number)) {
          @Nullable Integer known = numbers.get(rack);
          if (known != null) {
            ofPartition.set(known);
          }
        }
        racks.add(ofPartition);
      }
    }
    return racks;
  }

  /** The problem of a group as it is. */
  static AssignmentProblem of(GroupImage group, TopicMatches matches) {
    Map<Subscription, Set<String>> names = new HashMap<>();
    List<Consumer> consumers = new ArrayList<>();
    group
        .members()
        .forEach(
            (id, member) -> {
              String instance = member.profile().instanceId();
              consumers.add(
                  new Consumer(
                      id,
                      instance.isEmpty() ? id : instance,
                      member.profile().rack(),
                      names.computeIfAbsent(
                          member.subscription(), asked -> matches.of(asked).keySet()),
                      group.target(id)));
            });
    return new AssignmentProblem(
        consumers,
        matches.of(group.members().values().stream().map(Member::subscription).toList()));
  }

  int members() {
    return members.size();
  }

  int topics() {
    return topics.size();
  }

  int partitions() {
    return topicOf.length;
  }

  int firstPartition(int topic) {
    return firsts[topic];
  }

  int partitionCount(int topic) {
    return firsts[topic + 1] - firsts[topic];
  }

  int topicOf(int partition) {
    return topicOf[partition];
  }

  /** The members that subscribe to a topic, in order. */
  int[] subscribers(int topic) {
    return subscribers.get(topic);
  }

  boolean isSubscribed(int member, int topic) {
    return subscriptions.get(member).get(topic);
  }

  /** A member's rack, or {@link #NONE}. */
  int rackOf(int member) {
    return rackOf[member];
  }

  /** The members' racks in which a partition has a replica. */
  BitSet racks(int partition) {
    return racks.get(partition);
  }

  /** Whether a member has no replica of the partition in its rack, and another could have. */
  boolean isFar(int partition, int member) {
    BitSet near = racks.get(partition);
    return rackOf[member] != NONE && !near.isEmpty() && !near.get(rackOf[member]);
  }

  /** Who was to own each partition so far and may go on, or {@link #NONE}. */
  int[] present() {
    Map<UUID, Integer> topicNumbers = new HashMap<>();
    for (int t = 0; t < topics.size(); t++) {
      topicNumbers.put(topics.get(t).id(), t);
    }
    int[] present = new int[partitions()];
    Arrays.fill(present, NONE);
    for (int m = 0; m < members.size(); m++) {
      for (TopicIdPartition partition : members.get(m).present()) {
        int topic = topicNumbers.getOrDefault(partition.topicId(), NONE);
        if (topic != NONE
            && isSubscribed(m, topic)
            && partition.partition() < partitionCount(topic)
            && present[firsts[topic] + partition.partition()] == NONE) {
          present[firsts[topic] + partition.partition()] = m;
        }
      }
    }
    return present;
  }

  /** A solution by the members' ids. */
  Map<String, SortedSet<TopicIdPartition>> targets(int[] owners) {
    List<TreeSet<TopicIdPartition>> byMember = new ArrayList<>();
    members.forEach(member -> byMember.add(new TreeSet<>(Partitions.ORDER)));
    for (int p = 0; p < owners.length; p++) {
      if (owners[p] != NONE) {
        Topic topic = topics.get(topicOf[p]);
        byMember.get(owners[p]).add(new TopicIdPartition(topic.id(), p - firsts[topicOf[p]]));
      }
    }
    Map<String, SortedSet<TopicIdPartition>> targets = new TreeMap<>();
    for (int m = 0; m < members.size(); m++) {
      targets.put(members.get(m).memberId(), Partitions.sorted(byMember.get(m)));
    }
    return targets;
  }
}
