package io.millrace.broker.metadata;

import io.millrace.common.MillraceError;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Tells when what the metadata says has become true on this broker. Thread-safe. */
public interface TopicReadiness {
  /** Why no partition can be made on this broker now; empty if one can. */
  Optional<MillraceError> refusal();

  /**
   * Completes once the partitions of a topic that this broker leads serve, and those of a deleted
   * topic are gone.
   *
   * @param topicId the topic
   * @param revision as this revision of the metadata says, or a later one
   * @param timeoutMs how long to wait at most, in milliseconds
   * @return fails with LOG_DIR_OFFLINE as soon as a partition can't serve, as its log is in no
   *     directory that is online; with REQUEST_TIMED_OUT
   */
  CompletableFuture<Void> whenServing(UUID topicId, long revision, long timeoutMs);
}
