package io.millrace.broker.log;

import java.util.List;

/**
 * Puts cleaned segments in the place of others, and notes up to where the log is clean; handed back
 * to {@link PartitionLog#swapped}. The cleaned files are durable before. The {@link SwapJournal}
 * decides it; whatever a crash leaves has either all of the old segments or all of the cleaned
 * ones.
 */
public final class SegmentSwap extends LogTask {
  private final CleanedGroup group;
  private final List<SegmentView> cleaned;
  private final long number;
  private final boolean noteCleaned;

  /**
   * Makes the task.
   *
   * @param number no other swap of the log has it in this process
   * @param cleaned what readers are to see of the group's cleaned segments
   * @param noteCleaned whether it is news up to where the log is clean
   */
  SegmentSwap(
      Guard guard,
      LogDisk disk,
      CleanedGroup group,
      List<SegmentView> cleaned,
      long number,
      boolean noteCleaned) {
    super(guard, disk);
    this.number = number;
    this.group = group;
    this.cleaned = cleaned;
    this.noteCleaned = noteCleaned;
  }

  CleanedGroup group() {
    return group;
  }

  List<SegmentView> cleaned() {
    return cleaned;
  }

  @Override
  void work(LogDisk disk) {
    if (!cleaned.isEmpty()) {
      List<SegmentFiles> replaced = filesOf(group.replaced());
      List<SegmentFiles> fresh = filesOf(cleaned);
      disk.forceDirectory();
      SwapJournal.write(disk, replaced, fresh);
      group.replaced().forEach(view -> view.segment().replace(number));
      replaced.stream()
          .filter(files -> !fresh.contains(files))
          .forEach(files -> disk.delete(files.producerSnapshot()));
      SwapJournal.takeNames(disk, fresh);
      disk.forceDirectory();
      SwapJournal.remove(disk);
    }
    if (noteCleaned) {
      new PartitionCheckpoints(disk).writeCleaned(group.cleanedOffset());
    }
  }

  private static List<SegmentFiles> filesOf(List<SegmentView> views) {
    return views.stream().map(view -> view.segment().files()).toList();
  }
}
