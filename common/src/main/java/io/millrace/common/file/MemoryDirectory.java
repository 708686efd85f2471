package io.millrace.common.file;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A directory in memory. Guarded by the disk's monitor. */
final class MemoryDirectory implements MemoryNode {
  private final TreeMap<String, MemoryNode> names = new TreeMap<>();
  private final TreeMap<String, MemoryNode> durableNames = new TreeMap<>();

  /** As programs see it. */
  Map<String, MemoryNode> names() {
    return names;
  }

  /** As it was when it was forced. */
  Map<String, MemoryNode> durableNames() {
    return durableNames;
  }

  Optional<MemoryNode> find(String name) {
    return Optional.ofNullable(names.get(name));
  }

  @Override
  public MemoryDirectory copy(Map<MemoryNode, MemoryNode> copies) {
    MemoryNode known = copies.get(this);
    if (known instanceof MemoryDirectory copy) {
      return copy;
    }
    MemoryDirectory copy = new MemoryDirectory();
    copies.put(this, copy);
    names.forEach((name, node) -> copy.names.put(name, node.copy(copies)));
    durableNames.forEach((name, node) -> copy.durableNames.put(name, node.copy(copies)));
    return copy;
  }

  @Override
  public long contentBytes() {
    return names.values().stream().mapToLong(MemoryNode::contentBytes).sum();
  }

  @Override
  public void forceContents() {
    names.values().forEach(MemoryNode::forceContents);
  }
}
