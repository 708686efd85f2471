package io.millrace.metadata.ratis;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/**
 * Ratis's settings. What is not set here has Ratis's default; among those that matter: the log is
 * synced before an entry counts, and a damaged log fails the start rather than being cut (cutting
 * would lose good entries unseen).
 */
final class RatisProperties {
  /** The largest entry that is replicated; the controller's are at most half as large. */
  private static final int MAX_ENTRY_BYTES = 1 << 20;

  /** Room for a segment and a vote; asking for more would keep a node with a full disk down. */
  static final long MIN_FREE_BYTES = 16L << 20;

  /**
   * How long the leader waits before it tries a voter again that did not answer, or whose log ends
   * elsewhere: so long, so many times. By default it waits 5 s after some failures, and goes on so
   * once the voter is back, which then has no leader for as long.
   */
  static final String APPENDER_RETRY = "1ms,10, 100ms,20, 200ms,1000000000";

  private RatisProperties() {}

  /**
   * The settings.
   *
   * @param alone whether the quorum began with this voter only
   */
  static RaftProperties of(RatisSettings settings, Path storage, boolean alone) {
    RaftProperties properties = new RaftProperties();
    // By default all of it would lie in /tmp.
    RaftServerConfigKeys.setStorageDir(properties, List.of(storage.toFile()));
    RaftServerConfigKeys.setRemovedGroupsDir(
        properties, storage.resolve("removed-groups").toFile());
    RaftServerConfigKeys.setStorageFreeSpaceMin(properties, SizeInBytes.valueOf(MIN_FREE_BYTES));
    GrpcConfigKeys.Server.setHost(properties, settings.host());
    GrpcConfigKeys.Server.setPort(properties, settings.port());
    timeouts(properties, alone);
    log(properties, settings.snapshots());
    snapshots(properties, settings.snapshots());
    return properties;
  }

  private static void timeouts(RaftProperties properties, boolean alone) {
    RaftServerConfigKeys.Rpc.setTimeoutMin(properties, millis(1_000));
    RaftServerConfigKeys.Rpc.setTimeoutMax(properties, millis(2_000));
    // The only voter has no one to wait for.
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, millis(alone ? 20 : 500));
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, millis(alone ? 40 : 1_000));
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(properties, millis(3_000));
    RaftServerConfigKeys.setStagingTimeout(properties, millis(30_000));
    // Ratis closes itself for good after a pause this long. A pause does no harm: a paused leader's
    // entries are void once there is another one. So only what can't be a pause.
    RaftServerConfigKeys.setCloseThreshold(properties, TimeDuration.valueOf(1, TimeUnit.HOURS));
    RaftServerConfigKeys.RetryCache.setExpiryTime(properties, millis(10_000));
  }

  private static void log(RaftProperties properties, RatisSettings.SnapshotPolicy policy) {
    // What was committed is found out by the election; entries that say so would double the syncs,
    // of one voter and of three.
    RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
    RaftServerConfigKeys.Log.setSegmentSizeMax(
        properties, SizeInBytes.valueOf(policy.segmentBytes()));
    RaftServerConfigKeys.Log.setPreallocatedSize(
        properties, SizeInBytes.valueOf(policy.segmentBytes() / 2));
    // As many as the log has: it is cut at each snapshot. While Ratis drops one from its cache, it
    // can't close it (see BoundedClose), and each change of the leader begins one.
    RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, Integer.MAX_VALUE);
    RaftServerConfigKeys.Log.setSegmentCacheSizeMax(properties, SizeInBytes.valueOf("64MB"));
    RaftServerConfigKeys.Log.setWriteBufferSize(properties, SizeInBytes.valueOf("4MB"));
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(
        properties, SizeInBytes.valueOf(MAX_ENTRY_BYTES));
    RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, APPENDER_RETRY);
    RaftServerConfigKeys.Log.setCorruptionPolicy(
        properties, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
    RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
    // By default nothing is cut before there are 1,024 entries; large ones are 512 KB each.
    RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
  }

  private static void snapshots(RaftProperties properties, RatisSettings.SnapshotPolicy policy) {
    RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, true);
    RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(properties, policy.entries());
    RaftServerConfigKeys.Snapshot.setRetentionFileNum(properties, 2);
    // A stop is quick; the log has everything.
    RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(properties, false);
  }

  private static TimeDuration millis(long millis) {
    return TimeDuration.valueOf(millis, TimeUnit.MILLISECONDS);
  }
}
