package io.millrace.broker.rpc;

import io.millrace.common.MillraceError;
import io.millrace.common.TopicIdPartition;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.proto.internal.v1.TailBounds;
import io.millrace.proto.v1.TailResponse;
import io.millrace.proto.v1.TailStart;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Reads partitions at their leaders for a tail: on this broker or on another one. Thread-safe. */
interface TailLegs {
  /** What a leg tells, on any thread; none of it may block. */
  interface Events {
    /** Records, or errors of single partitions. One for each that was asked for. */
    void received(TailResponse message);

    /**
     * Nothing more comes.
     *
     * @param error empty if each partition has come to its end or to an error of its own
     */
    void ended(Optional<MillraceError> error);
  }

  /** A stream of records from one leader. Thread-safe. */
  interface Leg {
    /** Asks for one more message. */
    void request();

    /** Nobody listens any more. */
    void cancel();
  }

  /**
   * For whom a tail reads.
   *
   * @param budget of its connection, for what is read and not sent yet
   */
  record Client(RequestContext caller, InFlightBytes budget) {}

  /**
   * Finds where a tail begins in some partitions of a topic, and their high watermarks.
   *
   * @param leader whom to ask
   * @return a place or an error for each partition; fails if the leader can't be asked
   */
  CompletableFuture<List<TailBounds>> find(
      BrokerImage leader, List<TopicIdPartition> parts, TailStart start, Client client);

  /**
   * Opens a stream from a leader. Nothing comes before it is asked for.
   *
   * @param parts partitions of one topic, each from an offset on
   */
  Leg open(BrokerImage leader, List<TailPart> parts, Client client, Events events);
}
