package io.millrace.metadata.image;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pcollections.PSortedMap;
import org.pcollections.TreePMap;

/**
 * The answered requests in the order of their answers. Bounded: each new one says what is forgotten
 * with it.
 */
public final class AnsweredRequests {
  /** No requests. */
  public static final AnsweredRequests EMPTY =
      new AnsweredRequests(TreePMap.empty(), TreePMap.empty());

  private final PSortedMap<Long, AnsweredRequest> bySequence;

  /** Names the same requests as {@link #bySequence}. */
  private final PSortedMap<String, Long> sequences;

  private AnsweredRequests(
      PSortedMap<Long, AnsweredRequest> bySequence, PSortedMap<String, Long> sequences) {
    this.bySequence = bySequence;
    this.sequences = sequences;
  }

  /** The request of that id, if it is remembered. */
  public Optional<AnsweredRequest> find(String requestId) {
    @Nullable Long sequence = sequences.get(requestId);
    return sequence == null ? Optional.empty() : Optional.ofNullable(bySequence.get(sequence));
  }

  /** The requests, the oldest first. */
  public Collection<AnsweredRequest> inOrder() {
    return bySequence.values();
  }

  /** How many are remembered. */
  public int size() {
    return bySequence.size();
  }

  /**
   * With one more, without those answered before a time, and with at most so many of the latest.
   */
  AnsweredRequests with(AnsweredRequest request, long forgetBeforeMs, int keepAtMost) {
    AnsweredRequests kept = without(request.requestId());
    while (!kept.bySequence.isEmpty()) {
      AnsweredRequest oldest = kept.bySequence.firstEntry().getValue();
      if (oldest.answeredAtMs() >= forgetBeforeMs && kept.size() < keepAtMost) {
        break;
      }
      kept = kept.without(oldest.requestId());
    }
    long sequence = kept.bySequence.isEmpty() ? 0 : kept.bySequence.lastKey() + 1;
    return new AnsweredRequests(
        kept.bySequence.plus(sequence, request),
        kept.sequences.plus(request.requestId(), sequence));
  }

  private AnsweredRequests without(String requestId) {
    @Nullable Long sequence = sequences.get(requestId);
    return sequence == null
        ? this
        : new AnsweredRequests(bySequence.minus(sequence), sequences.minus(requestId));
  }

  /** Equal when they hold equal requests in the same order; how they are numbered is not seen. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AnsweredRequests that
        && List.copyOf(inOrder()).equals(List.copyOf(that.inOrder()));
  }

  @Override
  public int hashCode() {
    return List.copyOf(inOrder()).hashCode();
  }

  @Override
  public String toString() {
    return inOrder().toString();
  }
}
