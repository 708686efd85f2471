package io.millrace.metadata.observer;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.ErrorCode;
import io.millrace.common.file.FileStore.OpenMode;
import io.millrace.common.file.MemoryFileStore;
import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.EntryFeed;
import io.millrace.metadata.QuorumHealth.State;
import io.millrace.metadata.ThrowingFaults;
import io.millrace.metadata.VoterAddress;
import io.millrace.metadata.controller.Command.DeleteTopic;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.ReplicatedImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ObserverQuorumTest implements MetadataSource {
  private static final Path DIRECTORY = Path.of("/data/metadata");
  private static final List<VoterAddress> VOTERS =
      List.of(VoterAddress.parse("1@a"), VoterAddress.parse("2@b"));

  private final VirtualTime time = new VirtualTime();
  private final MemoryFileStore store = new MemoryFileStore(64L << 20);
  private final ThrowingFaults faults = new ThrowingFaults();
  private final List<String> followed = new ArrayList<>();
  private final ReplicatedImage voter = new ReplicatedImage(MetadataImage.EMPTY);
  private MetadataSource.Listener listener = new Nobody();

  @Test
  void appliesEntriesInOrderAndTellsWhoTheControllerIs() {
    ObserverQuorum quorum = start();
    assertThat(quorum.health().ready()).isFalse();
    listener.onStatus(2, VOTERS);
    listener.onEntry(entry());
    listener.onEntry(entry());
    time.advance(1);
    assertThat(quorum.image().revision()).isEqualTo(2);
    assertThat(quorum.health().state()).isEqualTo(State.FOLLOWING);
    assertThat(quorum.health().controllerId()).isEqualTo(2);
    Refused refused =
        (Refused)
            quorum
                .submit(new DeleteTopic("t", Optional.empty(), RequestOptions.NONE), Duration.ZERO)
                .join();
    assertThat(refused.error().code()).isEqualTo(ErrorCode.NOT_CONTROLLER);
    assertThat(faults.faults()).isEmpty();
  }

  @Test
  void asksAnotherVoterAfterAGapFromWhereItIs() {
    ObserverQuorum quorum = start();
    listener.onEntry(entry());
    entry();
    listener.onEntry(entry());
    time.advance(1);
    assertThat(quorum.image().revision()).isEqualTo(1);
    assertThat(followed).hasSize(2);
    assertThat(followed.get(1)).endsWith(" from 1").isNotEqualTo(followed.get(0));
  }

  @Test
  void wholeImageReplacesAnOlderOneOnly() {
    ObserverQuorum quorum = start();
    MetadataImage older = voter.image();
    entry();
    listener.onImage(voter.image());
    listener.onImage(older);
    time.advance(1);
    assertThat(quorum.image()).isEqualTo(voter.image());
  }

  @Test
  void leavesAVoterThatIsSilentOrKnowsNoController() {
    ObserverQuorum quorum = start();
    listener.onStatus(1, VOTERS);
    time.advance(4_000);
    listener.onStatus(0, VOTERS);
    time.advance(8_000);
    assertThat(quorum.health().state()).isEqualTo(State.NO_CONTROLLER);
    assertThat(followed).hasSizeGreaterThan(1);
    assertThat(followed.stream().distinct()).hasSize(2);
  }

  @Test
  void voterThatEndsTheStreamIsLeftForAnother() {
    ObserverQuorum quorum = start();
    listener.onEnd("gone");
    time.advance(1_000);
    assertThat(followed.get(1)).isNotEqualTo(followed.get(0));
    assertThat(quorum.health().ready()).isFalse();
    assertThat(quorum.health().detail()).isEqualTo("no active controller is known; gone");
    listener.onStatus(1, List.of());
    time.advance(1);
    listener.onStatus(0, List.of());
    time.advance(1);
    assertThat(quorum.health().detail()).isEqualTo("no active controller is known");
  }

  @Test
  void imageOnDiskIsThereAtTheNextStart() throws Exception {
    ObservedImage kept = new ObservedImage(store, DIRECTORY, "c1");
    kept.read();
    entry();
    kept.close(voter.image());

    ObserverQuorum again = start();
    assertThat(again.image()).isEqualTo(voter.image());
    assertThat(followed.get(0)).endsWith(" from 1");
    try (var file = store.open(DIRECTORY.resolve("observed.snapshot"), OpenMode.READ_WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {'x'}), 3);
    }
    assertThat(start().image()).isEqualTo(MetadataImage.EMPTY);
  }

  @Test
  void feedGivesEntriesAsLongAsItKeepsThem() {
    EntryFeed feed = new EntryFeed(1_000_000);
    List<MetadataEntry> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      MetadataEntry entry = entry();
      all.add(entry);
      feed.applied(voter.image(), entry);
    }
    assertThat(feed.after(0, 100)).contains(all);
    assertThat(feed.after(7, 2)).contains(all.subList(7, 9));
    assertThat(feed.after(10, 2)).contains(List.of());
    assertThat(feed.after(11, 2)).isEmpty();
    EntryFeed small = new EntryFeed(all.get(9).getSerializedSize());
    MetadataEntry last = entry();
    small.installed(voter.image());
    MetadataEntry later = entry();
    small.applied(voter.image(), later);
    assertThat(small.after(10, 9)).isEmpty();
    assertThat(small.after(11, 9)).contains(List.of(later));
    assertThat(last).isNotEqualTo(later);
  }

  private MetadataEntry entry() {
    MetadataEntry entry =
        MetadataEntry.newBuilder()
            .setControllerEpoch(1)
            .setExpectedRevision(voter.image().revision())
            .build();
    assertThat(voter.apply(1, entry)).isPresent();
    return entry;
  }

  private ObserverQuorum start() {
    followed.clear();
    ObserverQuorum quorum =
        new ObserverQuorum(
            this, VOTERS, new ObservedImage(store, DIRECTORY, "c1"), time, time, time, faults);
    quorum.start();
    time.advance(1);
    return quorum;
  }

  @Override
  public Watch watch(VoterAddress followedVoter, long revision, MetadataSource.Listener told) {
    followed.add(followedVoter + " from " + revision);
    listener = told;
    return () -> {};
  }

  private static final class Nobody implements MetadataSource.Listener {
    @Override
    public void onEntry(MetadataEntry entry) {}

    @Override
    public void onImage(MetadataImage image) {}

    @Override
    public void onStatus(int controllerId, List<VoterAddress> voters) {}

    @Override
    public void onEnd(String why) {}
  }
}
