package io.millrace.client.internal;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.proto.v1.GetServerInfoRequest;
import io.millrace.proto.v1.MetadataServiceGrpc;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * How large a message the brokers take. One that is larger ends its stream without a word, and
 * would be tried again in vain. Thread-safe.
 */
final class ServerLimits {
  /** What a frame has around its batch, with room to spare. */
  private static final int FRAME_BYTES = 1 << 10;

  /** No broker's bound is lower. */
  private static final int LEAST_MESSAGE_BYTES = 64 << 10;

  /** What a codec may add to bytes that can't be compressed: a part of them. */
  private static final int CODEC_PART = 64;

  private final ClusterClient cluster;

  /** No topic's bound is taken to be lower, whatever a broker says or a refused batch suggests. */
  private static final int LEAST_BATCH_BYTES = 1 << 10;

  /** After so many batches that a topic has taken, its bound is doubled. */
  private static final int BATCHES_TO_GROW = 256;

  /** By topic id; holds only topics that have refused a batch. */
  private final Map<UUID, Integer> topicBytes = new ConcurrentHashMap<>();

  /**
   * How many batches those topics have taken since their bound was set. Confined to the producer's
   * thread.
   */
  private final Map<UUID, Integer> batchesTaken = new HashMap<>();

  /** 0 until it was asked for. */
  private volatile int messageBytes;

  ServerLimits(ClusterClient cluster) {
    this.cluster = cluster;
  }

  /** Whether a broker's bound may be below so many bytes, and is not known yet. */
  boolean wantedFor(long batchBytes) {
    return messageBytes == 0 && batchBytes > room(LEAST_MESSAGE_BYTES);
  }

  /**
   * How large a batch of several records may get: what was asked for, or what a broker takes, or
   * what a topic is known to take.
   */
  int batchBytes(int wanted, UUID topicId) {
    int bytes = messageBytes == 0 ? wanted : Math.min(wanted, room(messageBytes));
    return topicBytes.isEmpty() ? bytes : Math.min(bytes, topicBytes.getOrDefault(topicId, bytes));
  }

  /**
   * A topic takes no larger batches than this, before compression, as far as can be told from one
   * that it refused. Only for the producer's thread.
   */
  void learnTopic(UUID topicId, int batchBytes) {
    topicBytes.merge(topicId, Math.max(batchBytes, LEAST_BATCH_BYTES), Math::min);
    batchesTaken.put(topicId, 0);
  }

  /**
   * A topic has taken a batch. Its bound grows back in time: it may have been raised, or the batch
   * that was refused may have been one that compressed badly. Only for the producer's thread.
   */
  void taken(UUID topicId) {
    Integer before = batchesTaken.get(topicId);
    if (before == null) {
      return;
    }
    if (before + 1 < BATCHES_TO_GROW) {
      batchesTaken.put(topicId, before + 1);
      return;
    }
    int bytes = topicBytes.getOrDefault(topicId, Integer.MAX_VALUE);
    if (bytes > Integer.MAX_VALUE / 2) {
      topicBytes.remove(topicId);
      batchesTaken.remove(topicId);
    } else {
      topicBytes.put(topicId, 2 * bytes);
      batchesTaken.put(topicId, 0);
    }
  }

  private static int room(int messageBytes) {
    int bytes = messageBytes - FRAME_BYTES;
    return bytes - bytes / CODEC_PART;
  }

  /**
   * Makes sure that {@link #refusal} knows the bound.
   *
   * @throws io.millrace.common.MillraceException if no broker tells
   */
  void learn(Duration timeout) {
    if (messageBytes == 0) {
      messageBytes =
          cluster.callAny(
              timeout,
              (channel, left) ->
                  MetadataServiceGrpc.newBlockingStub(channel)
                      .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)
                      .getServerInfo(GetServerInfoRequest.getDefaultInstance())
                      .getMaxMessageBytes());
    }
  }

  /** Why no broker would take a batch of so many bytes, if so and if the bound is known. */
  Optional<MillraceError> refusal(int batchBytes) {
    int bound = messageBytes - FRAME_BYTES;
    if (messageBytes == 0 || batchBytes <= bound) {
      return Optional.empty();
    }
    return Optional.of(
        new MillraceError(
            ErrorCode.BATCH_TOO_LARGE,
            "batch bytes: "
                + batchBytes
                + " (expected: at most "
                + bound
                + ", by the server's rpc.max.message.bytes)",
            Map.of(
                "batch_bytes", Integer.toString(batchBytes),
                "setting", "rpc.max.message.bytes",
                "needed", Integer.toString(batchBytes + FRAME_BYTES))));
  }
}
