package io.millrace.broker.group.core;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.fault.FaultHandler;
import java.util.List;

/**
 * Decides everything about the groups of one partition of the offsets topic: who is a member, who
 * owns what, which offsets are committed. Confined to the thread that drives it; pure: nothing
 * happens but through the effects it hands out.
 *
 * <p>Commands that come while an append is under way wait for it; then all that wait are decided
 * together, and appended together. Every command is answered exactly once.
 */
public final class CoordinatorCore {
  private static final MillraceError LOADING =
      new MillraceError(
          ErrorCode.COORDINATOR_LOADING,
          "the group's coordinator is loading its partition of the offsets topic (expected: to be"
              + " asked again)");

  private final FaultHandler faults;
  private GroupSettings settings;

  /**
   * Makes the core of a partition that is to be loaded.
   *
   * @param settings the settings
   * @param faults told of a broken invariant, and of records that can't be understood
   */
  public CoordinatorCore(GroupSettings settings, FaultHandler faults) {
    this.settings = settings;
    this.faults = faults;
  }

  /**
   * Takes an event.
   *
   * @param event what happened
   * @param now when
   * @param effects takes what is to be done, in order
   */
  public void on(CoordinatorEvent event, Now now, List<CoordinatorEffect> effects) {
    if (event instanceof CoordinatorEvent.Submitted submitted) {
      effects.add(
          new CoordinatorEffect.Answer(submitted.token(), new GroupAnswer.Refused(LOADING)));
    } else if (event instanceof CoordinatorEvent.Asked asked) {
      effects.add(new CoordinatorEffect.Answer(asked.token(), new GroupAnswer.Refused(LOADING)));
    } else if (event instanceof CoordinatorEvent.SettingsChanged changed) {
      settings = changed.settings();
    } else {
      throw faults.fatal("event without a rule: " + event + " under " + settings, null);
    }
  }
}
