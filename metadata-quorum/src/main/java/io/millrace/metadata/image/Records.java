package io.millrace.metadata.image;

import io.millrace.metadata.image.PartitionImage.Leadership;
import io.millrace.proto.internal.v1.BrokerDirectoriesChanged;
import io.millrace.proto.internal.v1.BrokerDrainChanged;
import io.millrace.proto.internal.v1.BrokerFencingChanged;
import io.millrace.proto.internal.v1.BrokerRegistered;
import io.millrace.proto.internal.v1.MetadataRecord;
import io.millrace.proto.internal.v1.PartitionState;
import io.millrace.proto.internal.v1.RequestAnswered;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Translates between the image's values and the messages that the records are made of. */
public final class Records {
  /** The version that this software writes, and the only one it knows, of every record. */
  public static final int VERSION = 1;

  private Records() {}

  /** A record of the written version, its fact still to be set. */
  public static MetadataRecord.Builder builder() {
    return MetadataRecord.newBuilder().setVersion(VERSION);
  }

  /** A partition's state as the message says it. */
  public static PartitionState toState(PartitionImage partition) {
    PartitionState.Builder state =
        PartitionState.newBuilder()
            .addAllReplicas(partition.replicas())
            .addAllIsr(partition.isr())
            .addAllElr(partition.elr())
            .setLeader(partition.leader())
            .setLeaderEpoch(partition.leaderEpoch())
            .setPartitionEpoch(partition.partitionEpoch())
            .setEffectiveMinIsr(partition.effectiveMinIsr())
            .setLastKnownLeader(partition.lastKnownLeader())
            .addAllAddingReplicas(partition.assignment().adding())
            .addAllRemovingReplicas(partition.assignment().removing());
    if (partition.directories().stream().anyMatch(id -> !id.equals(PartitionImage.UNASSIGNED))) {
      partition.directories().forEach(id -> state.addDirectoryIds(Uuids.toBytes(id)));
    }
    return state.build();
  }

  static PartitionImage fromState(PartitionState state) {
    List<UUID> directories =
        state.getDirectoryIdsCount() == 0
            ? Collections.nCopies(state.getReplicasCount(), PartitionImage.UNASSIGNED)
            : state.getDirectoryIdsList().stream().map(Uuids::fromBytes).toList();
    return new PartitionImage(
        new Assignment(
            state.getReplicasList(),
            directories,
            state.getAddingReplicasList(),
            state.getRemovingReplicasList()),
        state.getIsrList(),
        state.getElrList(),
        new Leadership(state.getLeader(), state.getLeaderEpoch(), state.getLastKnownLeader()),
        state.getPartitionEpoch(),
        state.getEffectiveMinIsr());
  }

  /** A broker as the record says it. */
  public static MetadataRecord brokerRegistered(BrokerImage broker) {
    BrokerRegistered.Builder record =
        BrokerRegistered.newBuilder()
            .setBrokerId(broker.id())
            .setBrokerEpoch(broker.epoch())
            .setIncarnationId(Uuids.toBytes(broker.registration().incarnationId()))
            .setClientEndpoint(toEndpoint(broker.clientEndpoint()))
            .setRack(broker.rack())
            .setMinFeatureLevel(broker.features().min())
            .setMaxFeatureLevel(broker.features().max())
            .setFenced(broker.fenced())
            .setInControlledShutdown(broker.state() == BrokerState.IN_CONTROLLED_SHUTDOWN);
    broker.internalEndpoint().ifPresent(e -> record.setInternalEndpoint(toEndpoint(e)));
    broker.directories().forEach(id -> record.addDirectoryIds(Uuids.toBytes(id)));
    return builder().setBrokerRegistered(record).build();
  }

  static BrokerImage fromBrokerRegistered(BrokerRegistered record) {
    BrokerRegistration registration =
        new BrokerRegistration(
            record.getBrokerEpoch(),
            Uuids.fromBytes(record.getIncarnationId()),
            record.getDirectoryIdsList().stream().map(Uuids::fromBytes).toList());
    return new BrokerImage(
        record.getBrokerId(),
        registration,
        fromEndpoint(record.getClientEndpoint()),
        record.hasInternalEndpoint()
            ? Optional.of(fromEndpoint(record.getInternalEndpoint()))
            : Optional.empty(),
        record.getRack(),
        new FeatureRange(record.getMinFeatureLevel(), record.getMaxFeatureLevel()),
        state(record.getFenced(), record.getInControlledShutdown()));
  }

  /** A change of a broker's state as the record says it. */
  public static MetadataRecord brokerState(BrokerImage broker, BrokerState state) {
    return builder()
        .setBrokerFencingChanged(
            BrokerFencingChanged.newBuilder()
                .setBrokerId(broker.id())
                .setBrokerEpoch(broker.epoch())
                .setFenced(state == BrokerState.FENCED)
                .setInControlledShutdown(state == BrokerState.IN_CONTROLLED_SHUTDOWN))
        .build();
  }

  /** A change of a broker's online directories as the record says it. */
  public static MetadataRecord brokerDirectories(BrokerImage broker, List<UUID> directories) {
    return builder()
        .setBrokerDirectoriesChanged(
            BrokerDirectoriesChanged.newBuilder()
                .setBrokerId(broker.id())
                .setBrokerEpoch(broker.epoch())
                .addAllDirectoryIds(directories.stream().map(Uuids::toBytes).toList()))
        .build();
  }

  /** That a broker is drained, or is no longer, as the record says it. */
  public static MetadataRecord brokerDrain(int brokerId, boolean drained) {
    return builder()
        .setBrokerDrainChanged(
            BrokerDrainChanged.newBuilder().setBrokerId(brokerId).setDrained(drained))
        .build();
  }

  static BrokerState state(BrokerFencingChanged record) {
    return state(record.getFenced(), record.getInControlledShutdown());
  }

  private static BrokerState state(boolean fenced, boolean inControlledShutdown) {
    if (fenced) {
      return BrokerState.FENCED;
    }
    return inControlledShutdown ? BrokerState.IN_CONTROLLED_SHUTDOWN : BrokerState.ACTIVE;
  }

  /** An answered request as the record says it. */
  public static MetadataRecord requestAnswered(
      AnsweredRequest request, long forgetBeforeMs, int keepAtMost) {
    return builder()
        .setRequestAnswered(
            RequestAnswered.newBuilder()
                .setRequestId(request.requestId())
                .setFingerprint(request.fingerprint())
                .setAnsweredAtMs(request.answeredAtMs())
                .setForgetBeforeMs(forgetBeforeMs)
                .setKeepAtMost(keepAtMost)
                .setTopicId(Uuids.toBytes(request.topicId()))
                .setRevision(request.revision()))
        .build();
  }

  static AnsweredRequest fromRequestAnswered(RequestAnswered record) {
    return new AnsweredRequest(
        record.getRequestId(),
        record.getFingerprint(),
        record.getAnsweredAtMs(),
        Uuids.fromBytes(record.getTopicId()),
        record.getRevision());
  }

  private static io.millrace.proto.internal.v1.Endpoint toEndpoint(Endpoint endpoint) {
    return io.millrace.proto.internal.v1.Endpoint.newBuilder()
        .setHost(endpoint.host())
        .setPort(endpoint.port())
        .build();
  }

  private static Endpoint fromEndpoint(io.millrace.proto.internal.v1.Endpoint endpoint) {
    return new Endpoint(endpoint.getHost(), endpoint.getPort());
  }
}
