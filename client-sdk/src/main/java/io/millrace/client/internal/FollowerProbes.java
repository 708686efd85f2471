package io.millrace.client.internal;

import io.millrace.common.ErrorCode;
import io.millrace.proto.v1.GetServerInfoRequest;
import io.millrace.proto.v1.MetadataServiceGrpc;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Asks followers whose streams are silent whether they are there. A machine that goes silent breaks
 * no connection, and of its partitions others lead as before: nobody else can tell it from a
 * follower that has nothing to send. Confined to the consumer's thread.
 */
final class FollowerProbes {
  /** A broker that is there answers at once. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final ClusterClient cluster;
  private final Questions questions;

  /** Whose brokers are being asked. */
  private final Set<FetchConnection> asked = new HashSet<>();

  FollowerProbes(ClusterClient cluster, Questions questions) {
    this.cluster = cluster;
    this.questions = questions;
  }

  /**
   * Asks the broker of a stream, unless that is under way.
   *
   * @param ifGone what to do if there is no answer, and nothing comes on the stream meanwhile
   */
  void ask(FetchConnection stream, Consumer<FetchConnection> ifGone) {
    if (!asked.add(stream)) {
      return;
    }
    long heardMs = stream.heardMs();
    questions.ask(
        () -> answers(stream),
        answers -> {
          asked.remove(stream);
          if (!answers && stream.heardMs() == heardMs) {
            ifGone.accept(stream);
          }
        },
        failure -> asked.remove(stream));
  }

  /** Whether its broker says anything; that a connection is gone, the stream itself tells. */
  private boolean answers(FetchConnection stream) {
    try {
      MetadataServiceGrpc.newBlockingStub(cluster.channels().channel(stream.broker()))
          .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .getServerInfo(GetServerInfoRequest.getDefaultInstance());
      return true;
    } catch (RuntimeException e) {
      return GrpcErrors.translate(e, stream.broker()).code() != ErrorCode.REQUEST_TIMED_OUT;
    }
  }
}
