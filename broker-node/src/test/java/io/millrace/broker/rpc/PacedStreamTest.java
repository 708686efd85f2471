package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.time.Scheduler;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.proto.v1.DumpMetadataResponse;
import io.millrace.proto.v1.MetadataValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Dumps of an image of 100,000 partitions, to clients that read as they like. */
final class PacedStreamTest {
  private static final int TOPICS = 100;
  private static final int PARTITIONS = 1_000;
  private static final MetadataImage IMAGE = Images.of(TOPICS, PARTITIONS);

  private final List<Runnable> timers = new ArrayList<>();
  private final List<Runnable> tasks = new ArrayList<>();
  private final OpenStreams streams = new OpenStreams();
  private final StreamPlaces places = new StreamPlaces("max.metadata.streams", 1);

  @Test
  void dumpIsMadeAsItIsReadAndBringsEverythingOnce() {
    FakeCall<DumpMetadataResponse> call = new FakeCall<>(2);
    start(call, "/");
    Set<String> leaders = new HashSet<>();
    long values = 0;
    while (!call.ended() || !call.unread.isEmpty()) {
      assertThat(call.unread.size()).isLessThanOrEqualTo(2);
      for (DumpMetadataResponse piece : call.read()) {
        assertThat(piece.getRevision()).isEqualTo(IMAGE.revision());
        assertThat(piece.getValuesCount()).isLessThan(1_100);
        values += piece.getValuesCount();
        piece.getValuesList().stream()
            .map(MetadataValue::getPath)
            .filter(path -> path.endsWith("/leader"))
            .forEach(leaders::add);
      }
      runTasks();
    }
    assertThat(call.completed).isTrue();
    assertThat(leaders.size()).isEqualTo(TOPICS * PARTITIONS);
    assertThat(values).isBetween(11L * TOPICS * PARTITIONS, 11L * TOPICS * PARTITIONS + 1_000);
    assertThat(timers).as("only the one that looks after the client").hasSize(1);
  }

  @Test
  void oneRunMakesFewMessagesHoweverMuchTheClientTakes() {
    FakeCall<DumpMetadataResponse> call = new FakeCall<>(1_000);
    start(call, "/");
    assertThat(call.unread).hasSize(8);
  }

  @Test
  void partOfTheTreeIsFoundWithoutTheRest() {
    FakeCall<DumpMetadataResponse> call = new FakeCall<>(10);
    start(call, "/topics/t-042/partitions/7");
    assertThat(call.completed).isTrue();
    assertThat(call.unread).hasSize(1);
    assertThat(call.unread.get(0).getValuesList())
        .hasSize(11)
        .allMatch(value -> value.getPath().startsWith("/topics/t-042/partitions/7/"));
  }

  @Test
  void pathWithNothingBelowItAnswersTheRevision() {
    FakeCall<DumpMetadataResponse> call = new FakeCall<>(10);
    start(call, "/topics/nope");
    assertThat(call.completed).isTrue();
    assertThat(call.unread).hasSize(1);
    assertThat(call.unread.get(0).getValuesCount()).isZero();
    assertThat(call.unread.get(0).getRevision()).isEqualTo(IMAGE.revision());
  }

  @Test
  void clientThatReadsNothingIsCut() {
    FakeCall<DumpMetadataResponse> call = new FakeCall<>(1);
    start(call, "/");
    runTimers();
    assertThat(call.ended()).as("it may be slow once").isFalse();
    runTimers();
    assertThat(call.error).hasMessageContaining("the client has read nothing for 30 s");
    places.enter();
  }

  @Test
  void clientThatReadsSlowlyIsNot() {
    FakeCall<DumpMetadataResponse> call = new FakeCall<>(1);
    start(call, "/");
    for (int i = 0; i < 5; i++) {
      runTimers();
      call.read();
      runTasks();
    }
    assertThat(call.ended()).isFalse();
    call.cancel();
    runTasks();
    places.enter();
  }

  /** It becomes ready between the look that misses it and the run that would cut it. */
  @Test
  void clientThatReadsAtTheLastMomentIsNotCutLaterForIt() {
    FakeCall<DumpMetadataResponse> call = new FakeCall<>(1);
    start(call, "/");
    runTimers();
    timers.remove(0).run();
    call.read();
    runTasks();
    assertThat(call.ended()).isFalse();
    runTasks();
    assertThat(timers).as("the look goes on").hasSize(1);
    runTimers();
    assertThat(call.ended()).as("it may be slow once").isFalse();
    runTimers();
    assertThat(call.error).hasMessageContaining("the client has read nothing for 30 s");
  }

  @Test
  void serverThatEndsTellsItsStreams() {
    FakeCall<DumpMetadataResponse> call = new FakeCall<>(1);
    start(call, "/");
    streams.endAll();
    runTasks();
    assertThat(call.error).hasMessageContaining("shutting down");
  }

  private void start(FakeCall<DumpMetadataResponse> call, String path) {
    Scheduler scheduler =
        (delayMs, task) -> {
          timers.add(task);
          return () -> {};
        };
    new PacedStream<>(
            new PacedStream.Deps(tasks::add, scheduler, places, streams),
            call,
            new DumpPieces(IMAGE, path, 1))
        .start();
    tasks.remove(0).run();
  }

  private void runTimers() {
    List<Runnable> due = List.copyOf(timers);
    timers.clear();
    due.forEach(Runnable::run);
    runTasks();
  }

  private void runTasks() {
    while (!tasks.isEmpty()) {
      tasks.remove(0).run();
    }
  }
}
