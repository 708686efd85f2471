package io.millrace.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node that is silent, one that is stopped, the controller that is killed, and two leaders that
 * are killed one after the other lose, double and reorder nothing (S02, S07, S10, S12, S13, S16,
 * S19, S28). Every {@link FaultKind}, again and again: {@link MixedFaultsMain}. Nodes that stand
 * still until they are fenced: {@link ClusterStoryTest}.
 */
class MixedFaultsTest {
  private static final int RECORDS_PER_SECOND = 500;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path home;

  @Test
  void S02_S12_S28_nothingIsLostDoubledOrReordered() throws Exception {
    List<FaultKind> plan =
        List.of(
            FaultKind.DOUBLE_KILL, FaultKind.SILENCE, FaultKind.STOP, FaultKind.KILL_CONTROLLER);

    MixedFaults.Result result = MixedFaults.run(home, plan, 5, RECORDS_PER_SECOND, 0);

    assertThat(result.violations())
        .as("after %s; the nodes' files are in %s", result.story(), home)
        .isEmpty();
    assertThat(result.failed()).as("records that failed").isZero();
    System.out.printf("%d records acknowledged, nothing wrong%n", result.acknowledged());
  }
}
