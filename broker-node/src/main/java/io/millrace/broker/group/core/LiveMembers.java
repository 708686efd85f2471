package io.millrace.broker.group.core;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is known of members without being a record, and lost with the coordinator: their sessions,
 * what they have shown to know, their streams. Everything here is heard, nothing decided: it holds
 * whether or not an append succeeds. Confined to the core.
 */
final class LiveMembers {
  /** By when a member must have been heard of. */
  final Deadlines sessions = new Deadlines();

  /** By when a member must have given up what it is to give up. */
  final Deadlines revocations = new Deadlines();

  private final Map<MemberKey, Heard> members = new HashMap<>();
  private final Map<StreamToken, MemberKey> keysByStream = new HashMap<>();

  /** What was heard of a member. */
  private static final class Heard {
    /** The newest epoch that the member came with. */
    int epoch;

    /** The last assignment of which the member said that it owns just what is assigned. */
    Assignment owned = Assignment.NONE;

    @Nullable StreamToken stream;
  }

  private Heard heard(MemberKey key) {
    return members.computeIfAbsent(key, member -> new Heard());
  }

  /** A member came with its epoch. */
  void knows(MemberKey key, int epoch) {
    heard(key).epoch = epoch;
  }

  /** Whether the member has shown to know the epoch of its assignment. */
  boolean hasConfirmed(MemberKey key, Assignment assignment) {
    @Nullable Heard heard = members.get(key);
    return assignment.epoch() == 0 || (heard != null && heard.epoch == assignment.epoch());
  }

  /** A member owns just what it may. */
  void owns(MemberKey key, Assignment assignment) {
    heard(key).owned = assignment;
  }

  /** Whether the member has said that it owns just what it may. */
  boolean ownsAll(MemberKey key, Assignment assignment) {
    @Nullable Heard heard = members.get(key);
    return heard != null && assignment.equals(heard.owned);
  }

  /**
   * A member speaks on a stream.
   *
   * @return the stream that it takes the place of, if it is another one
   */
  Optional<StreamToken> speaksOn(MemberKey key, StreamToken stream) {
    Heard heard = heard(key);
    @Nullable StreamToken before = heard.stream;
    if (stream.equals(before)) {
      return Optional.empty();
    }
    streamClosed(stream);
    heard.stream = stream;
    keysByStream.put(stream, key);
    if (before != null) {
      keysByStream.remove(before);
    }
    return Optional.ofNullable(before);
  }

  Optional<StreamToken> stream(MemberKey key) {
    @Nullable Heard heard = members.get(key);
    return heard == null ? Optional.empty() : Optional.ofNullable(heard.stream);
  }

  /** All streams, in the order of the members. */
  List<StreamToken> streams() {
    return keysByStream.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .toList();
  }

  void streamClosed(StreamToken stream) {
    @Nullable MemberKey key = keysByStream.remove(stream);
    @Nullable Heard heard = key == null ? null : members.get(key);
    if (heard != null && stream.equals(heard.stream)) {
      heard.stream = null;
    }
  }

  /**
   * A member is gone.
   *
   * @return its stream, if it had one
   */
  Optional<StreamToken> forget(MemberKey key) {
    Optional<StreamToken> stream = stream(key);
    stream.ifPresent(keysByStream::remove);
    members.remove(key);
    sessions.cancel(key);
    revocations.cancel(key);
    return stream;
  }

  /** Forgets all but some; their streams stay with those who opened them. */
  void retain(Predicate<MemberKey> kept) {
    members.keySet().removeIf(key -> !kept.test(key));
    keysByStream.values().removeIf(key -> !kept.test(key));
    sessions.retain(kept);
    revocations.retain(kept);
  }

  /** Forgets all. */
  void clear() {
    members.clear();
    keysByStream.clear();
    sessions.clear();
    revocations.clear();
  }
}
