package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.controller.ControllerPlan.Step;
import io.millrace.proto.internal.v1.MetadataRecord;
import java.util.List;

/**
 * What one command comes to.
 *
 * @param records what becomes true; none for a refusal
 * @param step what becomes of the command once that is so
 */
record Decision(List<MetadataRecord> records, Step step) {
  /** Refused: nothing changes. */
  static Decision refused(MillraceError error) {
    return answer(new CommandResult.Refused(error));
  }

  /** Refused: nothing changes. */
  static Decision refused(ErrorCode code, String message) {
    return refused(new MillraceError(code, message));
  }

  /** Answered without a change. */
  static Decision answer(CommandResult result) {
    return new Decision(List.of(), new Step.Answer(result));
  }

  /** Answered when the records have taken effect. */
  static Decision answer(List<MetadataRecord> records, CommandResult result) {
    return new Decision(records, new Step.Answer(result));
  }

  /** Gone on with when the records have taken effect. */
  static Decision goOn(List<MetadataRecord> records) {
    return new Decision(records, new Step.GoOn());
  }
}
