package io.millrace.client.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Messages that came in for paused subscriptions, and those whose subscriptions were resumed since.
 * They keep their credits: without a bound they would starve the partitions that are not paused.
 * Confined to the consumer's thread.
 */
final class PausedMessages {
  private final long bytesMax;
  private final int messagesMax;

  /** Of each paused subscription, in order. */
  private final Map<Subscription, Deque<FetchEvent.Data>> kept = new HashMap<>();

  /** To be handed out before anything that comes from the network; in order by subscription. */
  private final Deque<FetchEvent.Data> resumed = new ArrayDeque<>();

  /** What is in {@link #kept}; {@code bytes <= bytesMax && messages <= messagesMax}. */
  private long bytes;

  private int messages;

  PausedMessages(long bytesMax, int messagesMax) {
    this.bytesMax = bytesMax;
    this.messagesMax = messagesMax;
  }

  /**
   * Keeps a message, the next of its subscription; false, and nothing done, if there is no room.
   */
  boolean keep(Subscription subscription, FetchEvent.Data message) {
    int more = message.message().recordBytes();
    if (bytes + more > bytesMax || messages >= messagesMax) {
      return false;
    }
    bytes += more;
    messages++;
    kept.computeIfAbsent(subscription, s -> new ArrayDeque<>()).addLast(message);
    return true;
  }

  /** A subscription goes on: what was kept of it comes first, before what it had left over. */
  void resume(Subscription subscription) {
    Deque<FetchEvent.Data> own = take(subscription);
    while (!own.isEmpty()) {
      resumed.addFirst(own.removeLast());
    }
  }

  /** The next message of a subscription that was resumed. */
  Optional<FetchEvent.Data> next() {
    return Optional.ofNullable(resumed.pollFirst());
  }

  /** Gives up what is kept of a subscription. */
  void drop(Subscription subscription) {
    take(subscription).forEach(FetchEvent.Data::done);
  }

  /** The consumer is closed: everything is let go with its streams. */
  void clear() {
    kept.clear();
    resumed.clear();
    bytes = 0;
    messages = 0;
  }

  private Deque<FetchEvent.Data> take(Subscription subscription) {
    Deque<FetchEvent.Data> own = kept.remove(subscription);
    if (own == null) {
      return new ArrayDeque<>();
    }
    own.forEach(data -> bytes -= data.message().recordBytes());
    messages -= own.size();
    return own;
  }
}
