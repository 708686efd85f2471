package io.millrace.metadata.controller;

import io.millrace.proto.internal.v1.MetadataRecord;
import java.util.List;

/**
 * What the controller makes of waiting commands.
 *
 * @param records what to propose as one entry; empty when nothing changes
 * @param steps what becomes of the first commands, in their order, once the entry has taken effect;
 *     the commands beyond them wait for the next entry
 * @param defects why commands are refused that the controller failed to decide; none unless it has
 *     a defect
 */
public record ControllerPlan(
    List<MetadataRecord> records, List<Step> steps, List<RuntimeException> defects) {
  public ControllerPlan {
    records = List.copyOf(records);
    steps = List.copyOf(steps);
    defects = List.copyOf(defects);
  }

  /** What becomes of a command. */
  public sealed interface Step {
    /** It is answered. */
    record Answer(CommandResult result) implements Step {}

    /** It is carried out in part, and goes on with the next entry. */
    record GoOn() implements Step {}
  }
}
