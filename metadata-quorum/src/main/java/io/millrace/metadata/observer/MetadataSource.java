package io.millrace.metadata.observer;

import io.millrace.metadata.VoterAddress;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.util.List;

/** The voters, as a node that follows them reaches them. Thread-safe. */
public interface MetadataSource {
  /** Told what a voter sends, never by two threads at once; nothing after the end. */
  interface Listener {
    /** The next entry. */
    void onEntry(MetadataEntry entry);

    /** The whole image, in place of the one there is. */
    void onImage(MetadataImage image);

    /**
     * How the quorum is.
     *
     * @param controllerId the node whose controller is active, or 0
     * @param voters where the voters are
     */
    void onStatus(int controllerId, List<VoterAddress> voters);

    /** It has ended, for this reason; no more comes. */
    void onEnd(String why);
  }

  /** A voter that is followed. */
  interface Watch {
    /** Follows it no longer; nothing more is told. */
    void cancel();
  }

  /** Follows a voter from a revision on. */
  Watch watch(VoterAddress voter, long revision, Listener listener);
}
