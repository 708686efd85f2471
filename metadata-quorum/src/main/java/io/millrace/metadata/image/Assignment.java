package io.millrace.metadata.image;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;

/**
 * Where a partition's replicas lie, and where they are being moved to.
 *
 * @param replicas the replicas' brokers, the preferred leader first; no broker twice
 * @param directories the replicas' log directories in the order of the replicas, {@link
 *     PartitionImage#UNASSIGNED} for one that its broker has not chosen yet
 * @param adding those of the replicas that a reassignment adds
 * @param removing those of the replicas that go when all that are added are in sync
 */
public record Assignment(
    List<Integer> replicas, List<UUID> directories, List<Integer> adding, List<Integer> removing) {

  public Assignment {
    replicas = BrokerList.copyOf(replicas);
    directories = compact(directories);
    adding = BrokerList.copyOf(adding);
    removing = BrokerList.copyOf(removing);
    if (replicas.isEmpty() || directories.size() != replicas.size()) {
      throw new IllegalArgumentException(
          "directories: " + directories + " (expected: one for each of " + replicas + ")");
    }
    if (new HashSet<>(replicas).size() != replicas.size()) {
      throw new IllegalArgumentException("replicas: " + replicas + " (expected: no broker twice)");
    }
    if (!replicas.containsAll(adding) || !replicas.containsAll(removing)) {
      throw new IllegalArgumentException(
          "adding: " + adding + ", removing: " + removing + " (expected: among " + replicas + ")");
    }
    if (!Collections.disjoint(adding, removing)) {
      throw new IllegalArgumentException(
          "adding: " + adding + ", removing: " + removing + " (expected: none in both)");
    }
  }

  /** An image has millions of lists in which no directory is chosen. */
  private static List<UUID> compact(List<UUID> directories) {
    return directories.stream().allMatch(PartitionImage.UNASSIGNED::equals)
        ? Collections.nCopies(directories.size(), PartitionImage.UNASSIGNED)
        : List.copyOf(directories);
  }

  /** An assignment that is not being changed, in directories that are not chosen yet. */
  public static Assignment of(List<Integer> replicas) {
    return of(replicas, Collections.nCopies(replicas.size(), PartitionImage.UNASSIGNED));
  }

  /** An assignment that is not being changed. */
  public static Assignment of(List<Integer> replicas, List<UUID> directories) {
    return new Assignment(replicas, directories, List.of(), List.of());
  }

  /** Whether the replicas are being reassigned. */
  public boolean reassigning() {
    return !adding.isEmpty() || !removing.isEmpty();
  }

  /** How many replicas there are without those that a reassignment adds. */
  public int replicationFactor() {
    return replicas.size() - adding.size();
  }

  /**
   * The directory of a broker's replica, {@link PartitionImage#UNASSIGNED} when none is chosen.
   *
   * @throws IllegalArgumentException if the broker has no replica
   */
  public UUID directoryOf(int broker) {
    int index = replicas.indexOf(broker);
    if (index < 0) {
      throw new IllegalArgumentException(
          "broker: " + broker + " (expected: one of " + replicas + ")");
    }
    return directories.get(index);
  }

  /** With a broker's replica in a directory. */
  public Assignment withDirectory(int broker, UUID directory) {
    List<UUID> changed = new ArrayList<>(directories);
    changed.set(replicas.indexOf(broker), directory);
    return new Assignment(replicas, changed, adding, removing);
  }

  /**
   * With every replica whose directory is lost to be created anew: somebody else has its records.
   */
  public Assignment withoutLostDirectories() {
    if (!directories.contains(PartitionImage.LOST)) {
      return this;
    }
    List<UUID> changed = new ArrayList<>(directories);
    Collections.replaceAll(changed, PartitionImage.LOST, PartitionImage.UNASSIGNED);
    return new Assignment(replicas, changed, adding, removing);
  }

  /**
   * On its way to other replicas: those, then the ones that go. Begins from what was there before a
   * reassignment that is under way.
   */
  public Assignment towards(List<Integer> target) {
    List<Integer> original = new ArrayList<>(replicas);
    original.removeAll(adding);
    List<Integer> nowAdding = new ArrayList<>(target);
    nowAdding.removeAll(original);
    List<Integer> nowRemoving = new ArrayList<>(original);
    nowRemoving.removeAll(target);
    List<Integer> all = new ArrayList<>(target);
    all.addAll(nowRemoving);
    return new Assignment(all, directoriesOf(all), nowAdding, nowRemoving);
  }

  /** At the end of its reassignment: without those that go. */
  public Assignment completed() {
    return without(removing);
  }

  /** As before its reassignment: without those that were added. */
  public Assignment cancelled() {
    return without(adding);
  }

  private Assignment without(List<Integer> gone) {
    List<Integer> left = new ArrayList<>(replicas);
    left.removeAll(gone);
    return of(left, directoriesOf(left));
  }

  private List<UUID> directoriesOf(List<Integer> brokers) {
    return brokers.stream()
        .map(id -> replicas.contains(id) ? directoryOf(id) : PartitionImage.UNASSIGNED)
        .toList();
  }
}
