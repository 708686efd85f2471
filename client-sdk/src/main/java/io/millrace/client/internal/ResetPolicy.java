package io.millrace.client.internal;

import io.millrace.client.api.OffsetReset;
import io.millrace.client.api.OffsetSpec;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.MillraceException;
import io.millrace.common.TopicPartition;
import io.millrace.common.time.Clock;
import java.util.Map;
import java.util.Optional;

/** Where to read on without a place to go on at (S41). Stateless. */
final class ResetPolicy {
  private final OffsetReset reset;
  private final Clock clock;

  ResetPolicy(OffsetReset reset, Clock clock) {
    this.reset = reset;
    this.clock = clock;
  }

  /** Where, if reset is; empty if the application is to decide. */
  Optional<OffsetSpec> place() {
    if (reset.equals(OffsetReset.EARLIEST)) {
      return Optional.of(OffsetSpec.earliest());
    }
    if (reset.equals(OffsetReset.LATEST)) {
      return Optional.of(OffsetSpec.latest());
    }
    return reset.age().map(age -> OffsetSpec.time(clock.wallMs() - age.toMillis()));
  }

  /** What is thrown without a commit if nothing is reset. */
  static MillraceException noCommit(TopicPartition partition, String groupId) {
    return new MillraceException(
        new MillraceError(
            ErrorCode.OFFSET_OUT_OF_RANGE,
            "group "
                + groupId
                + " has committed no offset for "
                + partition
                + ", and offsetReset is none: seek to a place, or commit one",
            Map.of(
                "group", groupId,
                "topic", partition.topic(),
                "partition", Integer.toString(partition.partition()))));
  }
}
