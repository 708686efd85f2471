package io.millrace.broker.replica;

import io.millrace.broker.replica.link.FollowerFrame;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.metadata.image.Endpoint;

/** Opens Replicate streams to the brokers that this one follows. Thread-safe. */
@FunctionalInterface
public interface LeaderStreams {
  /** Opens a stream; that it can't be opened is told later. Does not block. */
  LeaderStream open(Endpoint leader, Listener listener);

  /** An open stream. Used by one thread at a time. */
  interface LeaderStream {
    /** Sends a frame; without effect once the stream has ended. */
    void send(FollowerFrame frame);

    /** Ends the stream. */
    void cancel(String why);
  }

  /** Told of what comes, on the transport's threads, one call at a time; must not block. */
  interface Listener {
    /** A frame has come; records are {@link ReceivedRecords}. */
    void received(LeaderFrame frame);

    /** The stream has ended or could not be opened; the last call. */
    void lost(String why);
  }
}
