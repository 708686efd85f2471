package io.millrace.common.file;

import java.util.Map;

/** What a name in a {@link MemoryDisk} stands for. Guarded by the disk's monitor. */
sealed interface MemoryNode permits MemoryDirectory, MemoryFile {
  /** A copy with its written and durable state, made once for each node. */
  MemoryNode copy(Map<MemoryNode, MemoryNode> copies);

  /** The bytes in it and below it. */
  long contentBytes();

  /** Makes the contents in it and below it durable. */
  void forceContents();
}
