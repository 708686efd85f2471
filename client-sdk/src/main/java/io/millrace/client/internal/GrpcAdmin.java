package io.millrace.client.internal;

import io.grpc.stub.AbstractBlockingStub;
import io.millrace.client.api.Admin;
import io.millrace.client.api.BrokerDescription;
import io.millrace.client.api.BrokerLogDirs;
import io.millrace.client.api.ClusterDescription;
import io.millrace.client.api.ConfigDescription;
import io.millrace.client.api.ConfigResource;
import io.millrace.client.api.DrainReport;
import io.millrace.client.api.ElectionReport;
import io.millrace.client.api.ElectionType;
import io.millrace.client.api.FeatureLevels;
import io.millrace.client.api.GroupDescription;
import io.millrace.client.api.GroupOffset;
import io.millrace.client.api.GroupOffsetChange;
import io.millrace.client.api.GroupOffsetTarget;
import io.millrace.client.api.GroupsFound;
import io.millrace.client.api.HealthDescription;
import io.millrace.client.api.MetadataValue;
import io.millrace.client.api.MetadataWatch;
import io.millrace.client.api.NewTopic;
import io.millrace.client.api.OffsetSpec;
import io.millrace.client.api.OffsetsFound;
import io.millrace.client.api.PartitionStatus;
import io.millrace.client.api.QuorumDescription;
import io.millrace.client.api.ReassignmentDescription;
import io.millrace.client.api.ReplicaDescription;
import io.millrace.client.api.ServerInfo;
import io.millrace.client.api.TopicDescription;
import io.millrace.client.internal.ClusterState.BegunDump;
import io.millrace.common.TopicPartition;
import io.millrace.proto.v1.AddVoterRequest;
import io.millrace.proto.v1.ClusterServiceGrpc;
import io.millrace.proto.v1.ClusterServiceGrpc.ClusterServiceBlockingStub;
import io.millrace.proto.v1.CreatePartitionsRequest;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.DeleteTopicRequest;
import io.millrace.proto.v1.GetFeaturesRequest;
import io.millrace.proto.v1.GetHealthRequest;
import io.millrace.proto.v1.GetMetadataRequest;
import io.millrace.proto.v1.GetMetadataResponse;
import io.millrace.proto.v1.GetQuorumRequest;
import io.millrace.proto.v1.GetServerInfoRequest;
import io.millrace.proto.v1.GetServerInfoResponse;
import io.millrace.proto.v1.GetTopicRequest;
import io.millrace.proto.v1.ListTopicsRequest;
import io.millrace.proto.v1.ListTopicsResponse;
import io.millrace.proto.v1.MetadataServiceGrpc;
import io.millrace.proto.v1.RemoveVoterRequest;
import io.millrace.proto.v1.TopicServiceGrpc;
import io.millrace.proto.v1.TopicServiceGrpc.TopicServiceBlockingStub;
import io.millrace.proto.v1.TransferLeadershipRequest;
import io.millrace.proto.v1.UpdateFeaturesRequest;
import io.millrace.proto.v1.UpdateTopicRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/** The admin client over gRPC. Thread-safe. */
final class GrpcAdmin implements Admin {
  private static final int PAGE_SIZE = 1_000;

  /** What may pass by itself, as a change of leader, is waited for so long. */
  private static final Duration NOW = Duration.ofSeconds(5);

  private final ClusterClient cluster;
  private final OffsetLookup offsets;
  private final RecordDeletions deletions;
  private final BrokerCalls brokers;
  private final ConfigCalls configs;
  private final PartitionCalls partitions;
  private final GroupCalls groups;
  private final GroupOffsetMoves moves;

  GrpcAdmin(ClusterClient cluster, MetadataCache metadata, OffsetLookup offsets) {
    this.cluster = cluster;
    this.offsets = offsets;
    this.deletions = new RecordDeletions(cluster, metadata);
    this.brokers = new BrokerCalls(cluster);
    this.configs = new ConfigCalls(cluster);
    this.partitions = new PartitionCalls(cluster);
    this.groups = new GroupCalls(cluster, metadata, offsets);
    this.moves = new GroupOffsetMoves(cluster, metadata, offsets, groups);
  }

  @Override
  public ServerInfo serverInfo() {
    GetServerInfoResponse answer =
        cluster.callAny(
            (channel, left) ->
                bounded(MetadataServiceGrpc.newBlockingStub(channel), left)
                    .getServerInfo(GetServerInfoRequest.getDefaultInstance()));
    return new ServerInfo(
        answer.getVersion(),
        answer.getClusterId(),
        answer.getNodeId(),
        answer.getCapabilitiesList(),
        answer.getMaxMessageBytes(),
        answer.getProducerBatchesRemembered(),
        answer.getCodecsList());
  }

  @Override
  public ClusterDescription cluster() {
    GetMetadataResponse answer =
        cluster.callAny(
            (channel, left) ->
                bounded(MetadataServiceGrpc.newBlockingStub(channel), left)
                    .getMetadata(GetMetadataRequest.getDefaultInstance()));
    return new ClusterDescription(
        answer.getClusterId(),
        answer.getControllerId(),
        answer.getBrokersList().stream()
            .map(
                b ->
                    new ClusterDescription.Broker(
                        b.getNodeId(), MetadataCache.address(b), b.getRack(), b.getFenced()))
            .toList());
  }

  @Override
  public List<BrokerDescription> listBrokers() {
    return brokers.list();
  }

  @Override
  public DrainReport drainBroker(int nodeId) {
    return brokers.drain(nodeId, false);
  }

  @Override
  public DrainReport undrainBroker(int nodeId) {
    return brokers.drain(nodeId, true);
  }

  @Override
  public void unregisterBroker(int nodeId) {
    brokers.unregister(nodeId);
  }

  @Override
  public List<BrokerLogDirs> listLogDirs(Set<Integer> nodeIds) {
    return brokers.logDirs(nodeIds);
  }

  @Override
  public List<ReplicaDescription> listReplicas(int nodeId, Optional<String> topic) {
    return brokers.replicas(nodeId, topic);
  }

  @Override
  public FeatureLevels features() {
    return Descriptions.features(
        quorum(stub -> stub.getFeatures(GetFeaturesRequest.getDefaultInstance())).getFeatures());
  }

  @Override
  public FeatureLevels updateFeatures(int level) {
    return features(level, false);
  }

  @Override
  public FeatureLevels validateFeatures(int level) {
    return features(level, true);
  }

  private FeatureLevels features(int level, boolean validateOnly) {
    UpdateFeaturesRequest request =
        UpdateFeaturesRequest.newBuilder()
            .setLevel(level)
            .setValidateOnly(validateOnly)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    return Descriptions.features(quorum(stub -> stub.updateFeatures(request)).getFeatures());
  }

  @Override
  public HealthDescription health(int maxNames) {
    GetHealthRequest request = GetHealthRequest.newBuilder().setMaxNames(maxNames).build();
    return ClusterState.health(quorum(stub -> stub.getHealth(request)).getHealth());
  }

  @Override
  public long dumpMetadata(String path, Consumer<MetadataValue> values) {
    BegunDump dump =
        cluster.callAny((channel, left) -> ClusterState.beginDump(channel, left, path));
    return ClusterState.dump(dump, cluster.config().requestTimeout(), values);
  }

  @Override
  public MetadataWatch watchMetadata(Set<String> topics, long revision) {
    return new StreamedMetadata(cluster, topics, revision);
  }

  @Override
  public QuorumDescription quorum() {
    return Descriptions.quorum(
        quorum(stub -> stub.getQuorum(GetQuorumRequest.getDefaultInstance())).getQuorum());
  }

  @Override
  public QuorumDescription addVoter(String voter) {
    AddVoterRequest request = AddVoterRequest.newBuilder().setVoter(voter).build();
    return Descriptions.quorum(quorum(stub -> stub.addVoter(request)).getQuorum());
  }

  @Override
  public QuorumDescription removeVoter(int nodeId, boolean unsafe) {
    RemoveVoterRequest request =
        RemoveVoterRequest.newBuilder().setNodeId(nodeId).setUnsafe(unsafe).build();
    return Descriptions.quorum(quorum(stub -> stub.removeVoter(request)).getQuorum());
  }

  @Override
  public QuorumDescription transferLeadership(int nodeId) {
    TransferLeadershipRequest request =
        TransferLeadershipRequest.newBuilder().setNodeId(nodeId).build();
    return Descriptions.quorum(quorum(stub -> stub.transferLeadership(request)).getQuorum());
  }

  private <T> T quorum(Function<ClusterServiceBlockingStub, T> call) {
    return cluster.callAny(
        (channel, left) -> call.apply(bounded(ClusterServiceGrpc.newBlockingStub(channel), left)));
  }

  @Override
  public TopicDescription createTopic(NewTopic topic) {
    CreateTopicRequest request =
        CreateTopicRequest.newBuilder()
            .setName(topic.name())
            .setPartitions(topic.partitions())
            .setReplicationFactor(topic.replicationFactor())
            .putAllConfigs(topic.configs())
            .setRequestId(UUID.randomUUID().toString())
            .build();
    return Descriptions.topic(topics(stub -> stub.createTopic(request)).getTopic());
  }

  @Override
  public TopicDescription describeTopic(String name) {
    GetTopicRequest request = GetTopicRequest.newBuilder().setName(name).build();
    return Descriptions.topic(topics(stub -> stub.getTopic(request)).getTopic());
  }

  @Override
  public List<PartitionStatus> listPartitions(String topic) {
    return partitions.states(topic);
  }

  @Override
  public List<TopicDescription> listTopics() {
    List<TopicDescription> all = new ArrayList<>();
    String token = "";
    do {
      ListTopicsRequest request =
          ListTopicsRequest.newBuilder().setPageSize(PAGE_SIZE).setPageToken(token).build();
      ListTopicsResponse page = topics(stub -> stub.listTopics(request));
      page.getTopicsList().forEach(t -> all.add(Descriptions.topic(t)));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  @Override
  public TopicDescription alterTopic(String name, Map<String, String> set, Set<String> reset) {
    UpdateTopicRequest.Builder request =
        UpdateTopicRequest.newBuilder()
            .setName(name)
            .putAllConfigs(set)
            .setRequestId(UUID.randomUUID().toString());
    set.keySet().forEach(key -> request.getUpdateMaskBuilder().addPaths("configs." + key));
    reset.forEach(key -> request.getUpdateMaskBuilder().addPaths("configs." + key));
    return Descriptions.topic(topics(stub -> stub.updateTopic(request.build())).getTopic());
  }

  @Override
  public TopicDescription createPartitions(String name, int partitions) {
    CreatePartitionsRequest request = morePartitions(name, partitions).build();
    return Descriptions.topic(topics(stub -> stub.createPartitions(request)).getTopic());
  }

  @Override
  public void validatePartitions(String name, int partitions) {
    CreatePartitionsRequest request =
        morePartitions(name, partitions).setValidateOnly(true).build();
    topics(stub -> stub.createPartitions(request));
  }

  private static CreatePartitionsRequest.Builder morePartitions(String name, int partitions) {
    return CreatePartitionsRequest.newBuilder()
        .setName(name)
        .setPartitions(partitions)
        .setRequestId(UUID.randomUUID().toString());
  }

  @Override
  public void deleteTopic(String name) {
    DeleteTopicRequest request =
        DeleteTopicRequest.newBuilder()
            .setName(name)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    topics(stub -> stub.deleteTopic(request));
  }

  @Override
  public GroupsFound listGroups() {
    return groups.list();
  }

  @Override
  public GroupDescription describeGroup(String groupId) {
    return groups.describe(groupId);
  }

  @Override
  public void deleteGroup(String groupId) {
    groups.delete(groupId);
  }

  @Override
  public List<GroupOffset> groupOffsets(String groupId) {
    return groups.offsets(groupId);
  }

  @Override
  public void deleteGroupOffsets(String groupId, Set<TopicPartition> partitions) {
    groups.deleteOffsets(groupId, partitions);
  }

  @Override
  public List<GroupOffsetChange> validateGroupOffsets(
      String groupId, Set<TopicPartition> partitions, GroupOffsetTarget target) {
    return moves.plan(groupId, partitions, target);
  }

  @Override
  public List<GroupOffsetChange> alterGroupOffsets(
      String groupId, Set<TopicPartition> partitions, GroupOffsetTarget target) {
    return moves.move(groupId, partitions, target);
  }

  @Override
  public Map<TopicPartition, Long> deleteRecords(Map<TopicPartition, Long> before) {
    return deletions.delete(before, cluster.config().requestTimeout());
  }

  @Override
  public Map<TopicPartition, Long> offsets(Map<TopicPartition, OffsetSpec> places) {
    return offsets.find(places, cluster.config().requestTimeout());
  }

  @Override
  public OffsetsFound offsetsNow(Map<TopicPartition, OffsetSpec> places) {
    Duration longest = cluster.config().requestTimeout();
    return offsets.findNow(places, longest.compareTo(NOW) < 0 ? longest : NOW);
  }

  @Override
  public List<ConfigDescription> listConfigs(ConfigResource of) {
    return configs.list(of);
  }

  @Override
  public List<ConfigDescription> getConfigs(ConfigResource of, List<String> keys) {
    return configs.get(of, keys);
  }

  @Override
  public void alterConfigs(ConfigResource of, Map<String, String> set, Set<String> reset) {
    configs.alter(of, set, reset, false);
  }

  @Override
  public void validateConfigs(ConfigResource of, Map<String, String> set, Set<String> reset) {
    configs.alter(of, set, reset, true);
  }

  @Override
  public ElectionReport electLeaders(ElectionType type, Map<String, Set<Integer>> wanted) {
    return partitions.elect(type, wanted);
  }

  @Override
  public ElectionReport electAllLeaders(ElectionType type) {
    return partitions.electAll(type);
  }

  @Override
  public List<ReassignmentDescription> alterReassignments(
      Map<TopicPartition, Optional<List<Integer>>> wanted) {
    return partitions.alter(wanted, false);
  }

  @Override
  public List<ReassignmentDescription> validateReassignments(
      Map<TopicPartition, Optional<List<Integer>>> wanted) {
    return partitions.alter(wanted, true);
  }

  @Override
  public List<ReassignmentDescription> listReassignments(Optional<String> topic) {
    return partitions.list(topic);
  }

  private <T> T topics(Function<TopicServiceBlockingStub, T> call) {
    return cluster.callAny(
        (channel, left) -> call.apply(bounded(TopicServiceGrpc.newBlockingStub(channel), left)));
  }

  private static <S extends AbstractBlockingStub<S>> S bounded(S stub, Duration timeout) {
    return stub.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }
}
