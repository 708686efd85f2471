package io.millrace.common.file;

import io.millrace.common.file.MemoryFile.Change;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * What a loss of power leaves of a {@link MemoryDisk}. Used once, by one thread that holds the
 * disk's monitor.
 *
 * <p>Both for the names and for each file one of several fates is drawn, so that "nothing was
 * written out", "all but the last" and "some here and there" all come up often:
 *
 * <ul>
 *   <li>names: each change is kept with a probability drawn once (0, ½, 0.9, 1); a change of a name
 *       whose earlier change was dropped is dropped too, as the journal of a file system keeps
 *       their order;
 *   <li>contents: nothing; everything; the first writes and a torn one; any subset with the last
 *       kept one torn.
 * </ul>
 *
 * A torn write keeps its bytes up to a random one; past it, the file keeps its old bytes or, where
 * it had grown, ends there or goes on in zeros (its length was written out, its data were not).
 */
final class PowerLoss {
  private final SplittableRandom random;
  private final Map<MemoryDirectory, Map<String, MemoryNode>> survivingNames = new HashMap<>();

  PowerLoss(SplittableRandom random) {
    this.random = random;
  }

  MemoryDisk of(MemoryDisk disk) {
    double keepProbability = List.of(0.0, 0.5, 0.9, 1.0).get(random.nextInt(4));
    Set<NameChange.Name> lost = new HashSet<>();
    for (NameChange change : disk.unforced()) {
      boolean orderKept = change.changed().stream().noneMatch(lost::contains);
      if (random.nextDouble() < keepProbability && orderKept) {
        change.apply(this::namesOf);
      } else {
        lost.addAll(change.changed());
      }
    }
    return new MemoryDisk(survivor(disk.root()), disk.capacityBytes());
  }

  private Map<String, MemoryNode> namesOf(MemoryDirectory directory) {
    return survivingNames.computeIfAbsent(directory, d -> new TreeMap<>(d.durableNames()));
  }

  private MemoryDirectory survivor(MemoryDirectory directory) {
    MemoryDirectory survivor = new MemoryDirectory();
    namesOf(directory)
        .forEach(
            (name, node) -> {
              MemoryNode kept =
                  node instanceof MemoryDirectory below
                      ? survivor(below)
                      : MemoryFile.durable(survivingContent((MemoryFile) node));
              survivor.names().put(name, kept);
              survivor.durableNames().put(name, kept);
            });
    return survivor;
  }

  private MemoryContent survivingContent(MemoryFile file) {
    MemoryContent content = file.durable().copy();
    List<Change> changes = file.unforced();
    if (changes.isEmpty()) {
      return content;
    }
    switch (random.nextInt(4)) {
      case 0 -> {}
      case 1 -> changes.forEach(change -> keep(change, content));
      case 2 -> {
        int torn = random.nextInt(changes.size());
        changes.subList(0, torn).forEach(change -> keep(change, content));
        tear(changes.get(torn), content);
      }
      default -> keepSome(changes, content);
    }
    return content;
  }

  private void keepSome(List<Change> changes, MemoryContent content) {
    List<Change> kept = changes.stream().filter(change -> random.nextBoolean()).toList();
    if (kept.isEmpty()) {
      return;
    }
    int last = kept.size() - 1;
    kept.subList(0, last).forEach(change -> keep(change, content));
    tear(kept.get(last), content);
  }

  private static void keep(Change change, MemoryContent content) {
    if (change instanceof Change.Written write) {
      content.write(write.position(), write.bytes().array(), write.length());
    } else if (change instanceof Change.Cut cut) {
      content.truncate(cut.length());
    }
  }

  private void tear(Change change, MemoryContent content) {
    if (change instanceof Change.Written write) {
      content.write(write.position(), write.bytes().array(), random.nextInt(write.length() + 1));
      if (random.nextBoolean()) {
        content.grow(write.position() + write.length());
      }
    } else {
      keep(change, content);
    }
  }
}
