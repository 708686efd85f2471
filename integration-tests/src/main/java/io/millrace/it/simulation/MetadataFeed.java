package io.millrace.it.simulation;

import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.simulated.SimulatedQuorum;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Hands the committed metadata on: to the invariants, to the ledgers and to the brokers. */
final class MetadataFeed implements SimulatedQuorum.Observer {
  private final MetadataInvariants invariants;
  private final List<Follower> followers = new ArrayList<>();
  private MetadataImage newest = MetadataImage.EMPTY;

  /** Whoever follows the metadata. */
  @FunctionalInterface
  interface Follower {
    /** A new revision was committed. */
    void committed(MetadataEntry entry, MetadataImage image, MetadataDelta delta);
  }

  MetadataFeed(MetadataInvariants invariants) {
    this.invariants = invariants;
  }

  void add(Follower follower) {
    followers.add(follower);
  }

  void remove(Follower follower) {
    followers.remove(follower);
  }

  /** The newest image that is committed. */
  MetadataImage newest() {
    return newest;
  }

  @Override
  public void applied(
      int node, MetadataEntry entry, MetadataImage after, Optional<MetadataDelta> delta) {
    invariants.applied(node, entry, after, delta);
    if (delta.isPresent() && after.revision() > newest.revision()) {
      newest = after;
      List.copyOf(followers).forEach(follower -> follower.committed(entry, after, delta.get()));
    }
  }

  @Override
  public void installed(int node, MetadataImage image) {
    invariants.installed(node, image);
  }
}
