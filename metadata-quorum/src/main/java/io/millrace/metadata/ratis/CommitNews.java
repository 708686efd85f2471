package io.millrace.metadata.ratis;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;

/**
 * Tells the followers at once what is committed. Thread-safe.
 *
 * <p>A follower learns that an entry is committed with the next message from the leader. Ratis
 * would see to it with an entry of its own, which is synced everywhere; without those ({@link
 * RatisProperties}) it comes with the next heartbeat, after half a second: for so long nobody on
 * another node would lead for a broker that was lost, and a broker that stops would not know that
 * it leads no more. So the leader's heartbeat is sent early.
 */
final class CommitNews {
  private static final String PARAMETER = "millrace.commit.news";

  /** Those of the last term that this node led, by follower. */
  private final Map<RaftPeerId, LogAppender> appenders = new ConcurrentHashMap<>();

  /** What the server is built with, so that this hears of its appenders. */
  void install(RaftProperties properties, Parameters parameters) {
    parameters.put(PARAMETER, this, CommitNews.class);
    properties.set(RaftConfigKeys.Rpc.TYPE_KEY, HeardOf.class.getName());
  }

  /** Something was committed. */
  void tell() {
    for (LogAppender appender : appenders.values()) {
      if (appender.isRunning()) {
        appender.notifyLogAppender();
      }
    }
  }

  /** Ratis's own way over gRPC, but for its appenders; Ratis makes it by its name. */
  static final class HeardOf implements RpcType {
    HeardOf() {}

    @Override
    public String name() {
      return HeardOf.class.getName();
    }

    @Override
    public RpcFactory newFactory(Parameters parameters) {
      CommitNews news = parameters.get(PARAMETER, CommitNews.class);
      return new GrpcFactory(parameters) {
        @Override
        public LogAppender newLogAppender(
            RaftServer.Division server, LeaderState state, FollowerInfo follower) {
          LogAppender appender = new TellingAppender(server, state, follower);
          news.appenders.put(follower.getId(), appender);
          return appender;
        }
      };
    }
  }

  /**
   * Ratis's own, but that it looks whenever something happens, a follower's answer above all,
   * whether the follower has what is committed and does not know that it is. While an entry is on
   * its way to the follower a heartbeat tells nothing of that: then the follower's answer is waited
   * for, which for the slowest one comes when the entry has long been committed.
   */
  private static final class TellingAppender extends GrpcLogAppender {
    private final EarlyHeartbeats early = new EarlyHeartbeats();

    TellingAppender(RaftServer.Division server, LeaderState state, FollowerInfo follower) {
      super(server, state, follower);
    }

    @Override
    public void notifyLogAppender() {
      long newest = getRaftLog().getLastCommittedIndex();
      FollowerInfo follower = getFollower();
      if (follower.getCommitIndex() < newest
          && follower.getMatchIndex() >= newest
          && !hasPendingDataRequests()) {
        early.tell(newest, this::triggerHeartbeat);
      }
      super.notifyLogAppender();
    }
  }
}
