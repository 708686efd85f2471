package io.millrace.client.internal;

import io.millrace.common.producer.ProducerIdentity;
import io.millrace.proto.v1.InitProducerRequest;
import io.millrace.proto.v1.InitProducerResponse;
import io.millrace.proto.v1.ProducerServiceGrpc;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Asks the cluster for producer ids and epochs. Blocking; thread-safe. */
final class IdentitySource {
  private final ClusterClient cluster;

  IdentitySource(ClusterClient cluster) {
    this.cluster = cluster;
  }

  /**
   * A new identity, or the next epoch of one.
   *
   * @param current empty for a new producer id
   * @param patience how long to go on trying
   */
  ProducerIdentity next(Optional<ProducerIdentity> current, Duration patience) {
    InitProducerRequest.Builder request = InitProducerRequest.newBuilder();
    current.ifPresent(
        identity ->
            request
                .setProducerId(identity.producerId())
                .setProducerEpoch(identity.producerEpoch()));
    InitProducerResponse answer =
        cluster.callAny(
            patience,
            (channel, left) ->
                ProducerServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(left.toMillis(), TimeUnit.MILLISECONDS)
                    .initProducer(request.build()));
    return new ProducerIdentity(answer.getProducerId(), answer.getProducerEpoch());
  }
}
