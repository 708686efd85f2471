package io.millrace.common.file;

import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A change of names in a {@link MemoryDisk}. Immutable. */
sealed interface NameChange {
  /** A name and where it is. */
  record Name(MemoryDirectory directory, String name) {}

  /** The names that it makes or removes. */
  List<Name> changed();

  /** Makes the change in the given view of the directories. */
  void apply(Function<MemoryDirectory, Map<String, MemoryNode>> names);

  /** The same change of the copied nodes. */
  NameChange copy(Map<MemoryNode, MemoryNode> copies);

  /** A file or directory gets its first name. */
  record Link(MemoryDirectory directory, String name, MemoryNode node) implements NameChange {
    @Override
    public List<Name> changed() {
      return List.of(new Name(directory, name));
    }

    @Override
    public void apply(Function<MemoryDirectory, Map<String, MemoryNode>> names) {
      names.apply(directory).put(name, node);
    }

    @Override
    public NameChange copy(Map<MemoryNode, MemoryNode> copies) {
      return new Link(directory.copy(copies), name, node.copy(copies));
    }
  }

  /** A file or directory is deleted. */
  record Unlink(MemoryDirectory directory, String name) implements NameChange {
    @Override
    public List<Name> changed() {
      return List.of(new Name(directory, name));
    }

    @Override
    public void apply(Function<MemoryDirectory, Map<String, MemoryNode>> names) {
      names.apply(directory).remove(name);
    }

    @Override
    public NameChange copy(Map<MemoryNode, MemoryNode> copies) {
      return new Unlink(directory.copy(copies), name);
    }
  }

  /** A file or directory is renamed, replacing what had the new name. */
  record Move(
      MemoryDirectory from, String fromName, MemoryDirectory to, String toName, MemoryNode node)
      implements NameChange {
    @Override
    public List<Name> changed() {
      return List.of(new Name(from, fromName), new Name(to, toName));
    }

    @Override
    public void apply(Function<MemoryDirectory, Map<String, MemoryNode>> names) {
      names.apply(from).remove(fromName);
      names.apply(to).put(toName, node);
    }

    @Override
    public NameChange copy(Map<MemoryNode, MemoryNode> copies) {
      return new Move(from.copy(copies), fromName, to.copy(copies), toName, node.copy(copies));
    }
  }
}
