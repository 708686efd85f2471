package io.millrace.client.internal;

import io.grpc.Channel;
import io.millrace.client.api.HealthDescription;
import io.millrace.client.api.HealthDescription.Verdict;
import io.millrace.client.api.MetadataValue;
import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.proto.v1.ClusterServiceGrpc;
import io.millrace.proto.v1.DumpMetadataRequest;
import io.millrace.proto.v1.DumpMetadataResponse;
import io.millrace.proto.v1.Health;
import io.millrace.proto.v1.HealthVerdict;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/** What nodes tell of the cluster as a whole, as the API's values. Stateless. */
final class ClusterState {
  private ClusterState() {}

  static HealthDescription health(Health health) {
    return new HealthDescription(
        verdict(health.getVerdict()),
        health.getProblemsList().stream()
            .map(
                p ->
                    new HealthDescription.Problem(
                        p.getKind().name().replaceFirst("^HEALTH_PROBLEM_KIND_", ""),
                        verdict(p.getVerdict()),
                        p.getCount(),
                        p.getMessage(),
                        p.getNamesList()))
            .toList(),
        health.getNodeId(),
        health.getRevision(),
        health.getControllerId(),
        new HealthDescription.Counts(
            health.getVoters(), health.getBrokers(), health.getTopics(), health.getPartitions()));
  }

  /** A verdict that a newer node has besides these is as bad as can be. */
  private static Verdict verdict(HealthVerdict verdict) {
    return switch (verdict) {
      case HEALTH_VERDICT_OK -> Verdict.OK;
      case HEALTH_VERDICT_DEGRADED -> Verdict.DEGRADED;
      case HEALTH_VERDICT_DOWN, HEALTH_VERDICT_UNSPECIFIED, UNRECOGNIZED -> Verdict.DOWN;
    };
  }

  /**
   * Reads a dump, a piece in memory at a time. What is broken off after the first piece is not
   * tried again: its values were given out.
   */
  static long dump(Channel channel, String path, Consumer<MetadataValue> values) {
    Iterator<DumpMetadataResponse> pieces =
        ClusterServiceGrpc.newBlockingStub(channel)
            .dumpMetadata(DumpMetadataRequest.newBuilder().setPath(path).build());
    DumpMetadataResponse piece = pieces.next();
    tell(piece, values);
    try {
      while (pieces.hasNext()) {
        piece = pieces.next();
        tell(piece, values);
      }
    } catch (io.grpc.StatusRuntimeException e) {
      throw new MillraceException(
          ErrorCode.INTERNAL, "the dump broke off: " + e.getStatus().getDescription());
    }
    return piece.getRevision();
  }

  private static void tell(DumpMetadataResponse piece, Consumer<MetadataValue> values) {
    piece
        .getValuesList()
        .forEach(value -> values.accept(new MetadataValue(value.getPath(), value(value))));
  }

  private static Object value(io.millrace.proto.v1.MetadataValue value) {
    return switch (value.getValueCase()) {
      case TEXT -> value.getText();
      case NUMBER -> value.getNumber();
      case NUMBERS -> List.copyOf(value.getNumbers().getValuesList());
      case TEXTS -> List.copyOf(value.getTexts().getValuesList());
      case VALUE_NOT_SET -> "";
    };
  }
}
