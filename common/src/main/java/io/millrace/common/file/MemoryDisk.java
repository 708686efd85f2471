package io.millrace.common.file;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The tree of a {@link MemoryFileStore}, its space, and its changes of names that are not durable.
 * Its monitor guards it and everything in it; the callers hold it.
 */
final class MemoryDisk {
  private final MemoryDirectory root;

  /** In the order in which they happened. */
  private final List<NameChange> unforced = new ArrayList<>();

  private long capacityBytes;

  /** The contents of all files that have a name. */
  private long usedBytes;

  MemoryDisk(MemoryDirectory root, long capacityBytes) {
    this.root = root;
    this.capacityBytes = capacityBytes;
    this.usedBytes = root.contentBytes();
  }

  MemoryDirectory root() {
    return root;
  }

  long capacityBytes() {
    return capacityBytes;
  }

  List<NameChange> unforced() {
    return unforced;
  }

  void limitTo(long bytes) {
    capacityBytes = bytes;
  }

  long capacity() {
    return capacityBytes;
  }

  long usableSpace() {
    return Math.max(0, capacityBytes - usedBytes);
  }

  /** Takes space, as much of it as is there. */
  long take(long bytes) {
    long granted = Math.min(bytes, usableSpace());
    usedBytes += granted;
    return granted;
  }

  void giveBack(long bytes) {
    usedBytes -= bytes;
  }

  Optional<MemoryNode> find(Path path) {
    MemoryNode node = root;
    for (Path name : path.normalize()) {
      if (name.toString().isEmpty()) {
        continue;
      }
      if (!(node instanceof MemoryDirectory directory)) {
        return Optional.empty();
      }
      Optional<MemoryNode> next = directory.find(name.toString());
      if (next.isEmpty()) {
        return next;
      }
      node = next.get();
    }
    return Optional.of(node);
  }

  MemoryFile file(Path path) throws IOException {
    MemoryNode node = find(path).orElseThrow(() -> new NoSuchFileException(path.toString()));
    if (node instanceof MemoryFile file) {
      return file;
    }
    throw new FileSystemException(path.toString(), null, "Is a directory");
  }

  MemoryDirectory directory(Path path) throws IOException {
    MemoryNode node = find(path).orElseThrow(() -> new NoSuchFileException(path.toString()));
    if (node instanceof MemoryDirectory directory) {
      return directory;
    }
    throw new NotDirectoryException(path.toString());
  }

  Path parentOf(Path path) {
    Path parent = path.normalize().getParent();
    return parent == null ? Path.of("") : parent;
  }

  String nameOf(Path path) {
    Path name = path.normalize().getFileName();
    if (name == null) {
      throw new IllegalArgumentException("path: " + path + " (expected: one with a name)");
    }
    return name.toString();
  }

  /** Makes the change, for now not durably. */
  void change(NameChange change) {
    change.apply(MemoryDirectory::names);
    unforced.add(change);
  }

  /** The node loses its name. */
  void removed(MemoryNode node) {
    if (node instanceof MemoryFile file) {
      usedBytes -= file.size();
      file.nameless();
    }
  }

  /**
   * Makes the names of a directory durable, and with them all earlier changes that they build on: a
   * rename between two directories is durable in both or in neither.
   */
  void forceNames(MemoryDirectory directory) {
    if (unforced.isEmpty()) {
      return;
    }
    Set<MemoryDirectory> concerned = new HashSet<>(List.of(directory));
    boolean[] durable = new boolean[unforced.size()];
    for (int i = unforced.size() - 1; i >= 0; i--) {
      List<NameChange.Name> names = unforced.get(i).changed();
      if (names.stream().anyMatch(name -> concerned.contains(name.directory()))) {
        names.forEach(name -> concerned.add(name.directory()));
        durable[i] = true;
      }
    }
    List<NameChange> left = new ArrayList<>();
    for (int i = 0; i < durable.length; i++) {
      if (durable[i]) {
        unforced.get(i).apply(MemoryDirectory::durableNames);
      } else {
        left.add(unforced.get(i));
      }
    }
    unforced.clear();
    unforced.addAll(left);
  }

  void forceAll() {
    unforced.forEach(change -> change.apply(MemoryDirectory::durableNames));
    unforced.clear();
    root.forceContents();
  }

  /** A disk of its own with the same written and durable state. */
  MemoryDisk copy() {
    Map<MemoryNode, MemoryNode> copies = new HashMap<>();
    MemoryDisk copy = new MemoryDisk(root.copy(copies), capacityBytes);
    unforced.forEach(change -> copy.unforced.add(change.copy(copies)));
    return copy;
  }
}
