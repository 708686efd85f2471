package io.millrace.metadata.ratis;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.metadata.QuorumAdmin;
import io.millrace.metadata.QuorumAnswer;
import io.millrace.metadata.QuorumAnswer.Described;
import io.millrace.metadata.QuorumAnswer.Refused;
import io.millrace.metadata.QuorumAnswer.VoterView;
import io.millrace.metadata.QuorumRequest;
import io.millrace.metadata.QuorumRequest.AddVoter;
import io.millrace.metadata.QuorumRequest.RemoveVoter;
import io.millrace.metadata.QuorumRequest.Transfer;
import io.millrace.metadata.QuorumVoter;
import io.millrace.metadata.VoterAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;

/**
 * The members of the quorum, on Ratis: by the server that leads, in-process, one voter at a time,
 * and only if the members are those that the decision was made on. Thread-safe.
 */
final class RatisQuorumAdmin implements QuorumAdmin {
  /** A voter that was not heard of for so long does not count when another one goes. */
  private static final long ALIVE_MS = 5_000;

  private final RatisMetadataLog log;
  private final RaftPeerId self;
  private final RaftGroupId groupId;
  private final ClientId clientId = ClientId.randomId();
  private final LongSupplier callIds;

  RatisQuorumAdmin(
      RatisMetadataLog log, RaftPeerId self, RaftGroupId groupId, LongSupplier callIds) {
    this.log = log;
    this.self = self;
    this.groupId = groupId;
    this.callIds = callIds;
  }

  @Override
  public CompletableFuture<QuorumAnswer> administer(QuorumRequest request, Duration timeout) {
    try {
      RaftServer server = log.running();
      RaftServer.Division division = server.getDivision(groupId);
      if (!division.getInfo().isLeaderReady()) {
        return refused(ErrorCode.NOT_CONTROLLER, "this node's controller is not active");
      }
      if (request instanceof AddVoter add) {
        return add(division, add.voter(), timeout);
      } else if (request instanceof RemoveVoter remove) {
        return remove(division, remove, timeout);
      } else if (request instanceof Transfer transfer) {
        return transfer(division, transfer.nodeId(), timeout);
      }
      return CompletableFuture.completedFuture(describe(division, self));
    } catch (IOException e) {
      return refused(ErrorCode.UNAVAILABLE, "the quorum can't be changed now: " + e.getMessage());
    }
  }

  /** Once another one leads, this one is not told any more how the others are. */
  private Described describe(RaftServer.Division division, RaftPeerId leader) {
    DivisionInfo info = division.getInfo();
    Map<RaftPeerId, Long> silentMs = silence(info);
    Map<RaftPeerId, Long> matches = matches(division);
    long last = division.getRaftLog().getNextIndex() - 1;
    List<VoterView> voters = new ArrayList<>();
    for (RaftPeer peer : members(division)) {
      Optional<QuorumVoter> known = Peers.voter(peer);
      boolean leads = peer.getId().equals(leader);
      long match = leads ? last : matches.getOrDefault(peer.getId(), -1L);
      voters.add(
          new VoterView(
              Peers.nodeId(peer.getId()),
              Peers.directoryId(peer.getId()),
              peer.getAddress(),
              known
                  .map(QuorumVoter::address)
                  .map(VoterAddress::internal)
                  .map(Object::toString)
                  .orElse(""),
              leads ? 0 : silentMs.getOrDefault(peer.getId(), -1L),
              match < 0 ? -1 : Math.max(0, last - match)));
    }
    voters.sort((a, b) -> Integer.compare(a.nodeId(), b.nodeId()));
    return new Described(Peers.nodeId(leader), info.getCurrentTerm(), voters);
  }

  private static List<RaftPeer> members(RaftServer.Division division) {
    return new ArrayList<>(division.getRaftConf().getCurrentPeers());
  }

  static Map<RaftPeerId, Long> silence(DivisionInfo info) {
    Map<RaftPeerId, Long> silentMs = new HashMap<>();
    for (ServerRpcProto follower : info.getRoleInfoProto().getLeaderInfo().getFollowerInfoList()) {
      silentMs.put(
          RaftPeerId.valueOf(follower.getId().getId()), follower.getLastRpcElapsedTimeMs());
    }
    return silentMs;
  }

  /** The followers' positions, which Ratis tells in the order of its followers' list. */
  static Map<RaftPeerId, Long> matches(RaftServer.Division division) {
    List<ServerRpcProto> followers =
        division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList();
    long[] indices = division.getInfo().getFollowerMatchIndices();
    Map<RaftPeerId, Long> matches = new HashMap<>();
    for (int i = 0; indices != null && i < indices.length && i < followers.size(); i++) {
      matches.put(RaftPeerId.valueOf(followers.get(i).getId().getId()), indices[i]);
    }
    return matches;
  }

  private CompletableFuture<QuorumAnswer> add(
      RaftServer.Division division, QuorumVoter voter, Duration timeout) throws IOException {
    List<RaftPeer> current = members(division);
    for (RaftPeer peer : current) {
      if (Peers.nodeId(peer.getId()) == voter.nodeId()) {
        String directory = Peers.directoryId(peer.getId()).toString();
        return peer.getId().equals(Peers.peer(voter).getId())
            ? CompletableFuture.completedFuture(describe(division, self))
            : refused(
                ErrorCode.INVALID_REQUEST,
                "node "
                    + voter.nodeId()
                    + " is a voter with the directory "
                    + directory
                    + " (expected: that one is removed first)");
      }
      if (peer.getAddress().equals(voter.address().quorum().toString())) {
        return refused(
            ErrorCode.INVALID_REQUEST,
            "node " + Peers.nodeId(peer.getId()) + " is a voter at " + peer.getAddress());
      }
    }
    if (current.stream().anyMatch(peer -> Peers.voter(peer).isEmpty())) {
      return refused(
          ErrorCode.POLICY_VIOLATION,
          "this cluster's only voter was started without quorum.voters, and others can't find it"
              + " (expected: a cluster that began with quorum.voters)");
    }
    List<RaftPeer> next = new ArrayList<>(current);
    next.add(Peers.peer(voter));
    return set(division, current, next, timeout);
  }

  private CompletableFuture<QuorumAnswer> remove(
      RaftServer.Division division, RemoveVoter remove, Duration timeout) throws IOException {
    List<RaftPeer> current = members(division);
    RaftPeerId gone = Peers.id(remove.nodeId(), remove.directoryId());
    List<RaftPeer> next = current.stream().filter(peer -> !peer.getId().equals(gone)).toList();
    if (next.size() == current.size()) {
      return refused(
          ErrorCode.INVALID_REQUEST,
          "node "
              + remove.nodeId()
              + " with the directory "
              + remove.directoryId()
              + " is no voter (expected: one of "
              + current.stream().map(RaftPeer::getId).toList()
              + ")");
    }
    if (next.isEmpty()) {
      return refused(ErrorCode.POLICY_VIOLATION, "the last voter can't be removed");
    }
    if (gone.equals(self)) {
      return refused(
          ErrorCode.POLICY_VIOLATION,
          "node "
              + remove.nodeId()
              + "'s controller is active (expected: another one's; transfer the leadership first)");
    }
    Map<RaftPeerId, Long> silentMs = silence(division.getInfo());
    long alive =
        next.stream().filter(peer -> silentMs.getOrDefault(peer.getId(), 0L) < ALIVE_MS).count();
    if (alive * 2 <= next.size() && !remove.unsafe()) {
      return refused(
          ErrorCode.POLICY_VIOLATION,
          "of the "
              + next.size()
              + " voters that would be left, "
              + alive
              + " were heard of in the last "
              + ALIVE_MS / 1_000
              + " s (expected: more than half; the cluster would stop)");
    }
    return set(division, current, next, timeout);
  }

  private CompletableFuture<QuorumAnswer> set(
      RaftServer.Division division, List<RaftPeer> current, List<RaftPeer> next, Duration timeout)
      throws IOException {
    SetConfigurationRequest request =
        new SetConfigurationRequest(
            clientId,
            self,
            groupId,
            callIds.getAsLong(),
            SetConfigurationRequest.Arguments.newBuilder()
                .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                .setServersInCurrentConf(current)
                .setServersInNewConf(next)
                .build());
    return answered(
        division, division.getRaftServer().setConfigurationAsync(request), self, timeout);
  }

  private CompletableFuture<QuorumAnswer> transfer(
      RaftServer.Division division, int nodeId, Duration timeout) throws IOException {
    Optional<RaftPeerId> heir =
        members(division).stream()
            .map(RaftPeer::getId)
            .filter(id -> Peers.nodeId(id) == nodeId)
            .findFirst();
    if (heir.isEmpty()) {
      return refused(ErrorCode.INVALID_REQUEST, "node " + nodeId + " is no voter");
    }
    if (heir.get().equals(self)) {
      return CompletableFuture.completedFuture(describe(division, self));
    }
    TransferLeadershipRequest request =
        new TransferLeadershipRequest(
            clientId, self, groupId, callIds.getAsLong(), heir.get(), timeout.toMillis());
    return answered(
        division, division.getRaftServer().transferLeadershipAsync(request), heir.get(), timeout);
  }

  private CompletableFuture<QuorumAnswer> answered(
      RaftServer.Division division,
      CompletableFuture<RaftClientReply> reply,
      RaftPeerId leader,
      Duration timeout) {
    return reply
        .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .handle(
            (done, failure) -> {
              if (failure == null && done.isSuccess()) {
                return describe(division, leader);
              }
              return failed(failure == null ? done.getException() : failure);
            });
  }

  private static QuorumAnswer failed(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof TimeoutException || cause instanceof NotLeaderException) {
      return new Refused(
          new MillraceError(
              ErrorCode.OUTCOME_UNKNOWN,
              "the change may or may not have been made: " + cause + "; look before trying again"));
    }
    return new Refused(
        new MillraceError(
            ErrorCode.POLICY_VIOLATION, "the quorum refused the change: " + cause.getMessage()));
  }

  private static CompletableFuture<QuorumAnswer> refused(ErrorCode code, String message) {
    return CompletableFuture.completedFuture(new Refused(new MillraceError(code, message)));
  }
}
