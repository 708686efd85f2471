package io.millrace.client.internal;

import io.grpc.Channel;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
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
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

  /** A dump that a node has begun. */
  record BegunDump(BlockingClientCall<?, DumpMetadataResponse> call, DumpMetadataResponse first) {}

  /** Waits for a dump's first piece, which comes even if nothing lies below the path. */
  static BegunDump beginDump(Channel channel, Duration patience, String path) {
    BlockingClientCall<?, DumpMetadataResponse> call =
        ClusterServiceGrpc.newBlockingV2Stub(channel)
            .dumpMetadata(DumpMetadataRequest.newBuilder().setPath(path).build());
    try {
      return new BegunDump(call, next(call, patience).orElseThrow());
    } catch (StatusException e) {
      throw e.getStatus().asRuntimeException(e.getTrailers());
    } catch (TimeoutException e) {
      call.cancel("nothing came", e);
      throw new MillraceException(
          ErrorCode.REQUEST_TIMED_OUT, "no dump came within " + patience.toMillis() + " ms");
    }
  }

  /**
   * Reads a dump, a piece in memory at a time. What breaks off is not tried again: its values were
   * given out.
   *
   * @param patience how long a piece may take
   */
  static long dump(BegunDump dump, Duration patience, Consumer<MetadataValue> values) {
    try {
      tell(dump.first(), values);
      Optional<DumpMetadataResponse> piece = next(dump.call(), patience);
      while (piece.isPresent()) {
        tell(piece.get(), values);
        piece = next(dump.call(), patience);
      }
      return dump.first().getRevision();
    } catch (StatusException e) {
      throw brokenOff(String.valueOf(e.getStatus().getDescription()));
    } catch (TimeoutException e) {
      throw brokenOff("nothing more came within " + patience.toMillis() + " ms");
    } finally {
      dump.call().cancel("the dump has ended", null);
    }
  }

  private static MillraceException brokenOff(String why) {
    return new MillraceException(ErrorCode.INTERNAL, "the dump broke off: " + why);
  }

  private static Optional<DumpMetadataResponse> next(
      BlockingClientCall<?, DumpMetadataResponse> call, Duration patience)
      throws StatusException, TimeoutException {
    try {
      return Optional.ofNullable(call.read(patience.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      call.cancel("interrupted", e);
      throw new MillraceException(ErrorCode.UNAVAILABLE, "interrupted while reading a dump");
    }
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
