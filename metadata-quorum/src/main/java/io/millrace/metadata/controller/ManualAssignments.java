package io.millrace.metadata.controller;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.image.BrokerImage;
import io.millrace.metadata.image.MetadataImage;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/** Checks replicas that an administrator has chosen (S20). */
final class ManualAssignments {
  private ManualAssignments() {}

  /**
   * Checks the replicas of new partitions: they begin with those in sync that live, so one of each
   * must.
   *
   * @throws io.millrace.common.MillraceException with INVALID_REPLICA_ASSIGNMENT
   */
  static void check(MetadataImage image, List<List<Integer>> assignments, int replicationFactor) {
    for (List<Integer> replicas : assignments) {
      check(image, replicas);
      if (replicas.size() != replicationFactor) {
        throw refusal(replicas, "as many as the other partitions have, " + replicationFactor);
      }
      if (replicas.stream()
          .flatMap(id -> image.broker(id).stream())
          .noneMatch(BrokerImage::active)) {
        throw refusal(replicas, "one live broker at least");
      }
    }
  }

  /**
   * Checks the replicas of a partition, live or not.
   *
   * @throws io.millrace.common.MillraceException with INVALID_REPLICA_ASSIGNMENT
   */
  static void check(MetadataImage image, List<Integer> replicas) {
    if (replicas.isEmpty()) {
      throw refusal(replicas, "at least one broker");
    }
    if (new HashSet<>(replicas).size() != replicas.size()) {
      throw refusal(replicas, "no broker twice");
    }
    for (int broker : replicas) {
      if (image.broker(broker).isEmpty()) {
        throw refusal(replicas, "registered brokers only, which " + broker + " is not");
      }
    }
  }

  private static RuntimeException refusal(List<Integer> replicas, String expected) {
    return new MillraceError(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "replicas: " + replicas + " (expected: " + expected + ")",
            Map.of("replicas", replicas.toString(), "expected", expected))
        .exception();
  }
}
