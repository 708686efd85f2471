package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Streams whose end does not go as it should. */
final class StreamEndsTest {
  private static final IllegalStateException DEFECT = new IllegalStateException("a defect");

  private final FakeCall<String> call = new FakeCall<>(1);
  private final StreamPlaces places = new StreamPlaces("max.fetch.streams", 1);
  private final OpenStreams streams = new OpenStreams();
  private final List<String> runs = new ArrayList<>();

  private StreamEnds begun(Runnable ended) {
    StreamEnds ends = new StreamEnds(call, places, streams, () -> runs.add("run"), ended);
    ends.begin();
    return ends;
  }

  private StreamEnds begunWithWhatCannotBeGivenBack() {
    return begun(
        () -> {
          throw DEFECT;
        });
  }

  @Test
  void clientIsToldOfTheErrorThoughWhatTheStreamHeldIsNotGivenBack() {
    try (LogLines log = new LogLines(StreamEnds.class)) {
      begunWithWhatCannotBeGivenBack().fail(new MillraceException(ErrorCode.THROTTLED, "too slow"));

      assertThat(call.error).hasMessageContaining("too slow");
      assertThat(log.lines).singleElement().asString().contains("could be given back");
    }
    places.enter();
  }

  @Test
  void clientIsToldThatAllWasSaidThoughWhatTheStreamHeldIsNotGivenBack() {
    begunWithWhatCannotBeGivenBack().complete();

    assertThat(call.completed).isTrue();
    places.enter();
  }

  /** What is thrown out of a run would be the last that the stream's runs do. */
  @Test
  void runThatFindsTheClientGoneReturnsThoughWhatTheStreamHeldIsNotGivenBack() {
    StreamEnds ends = begunWithWhatCannotBeGivenBack();
    call.cancel();

    ends.look();

    assertThat(ends.isOver()).isTrue();
  }

  @Test
  void failureAfterTheEndIsLogged() {
    StreamEnds ends = begun(() -> {});
    ends.complete();
    try (LogLines log = new LogLines(RpcErrors.class)) {
      ends.guard(
          () -> {
            throw DEFECT;
          });

      assertThat(log.lines).singleElement().asString().startsWith("ERROR");
      assertThat(call.error).isNull();
    }
  }

  @Test
  void everyStreamIsToldThatTheServerEndsThoughOneThrows() {
    List<String> told = new ArrayList<>();
    for (String name : List.of("a", "b", "c", "d")) {
      streams.add(
          () -> {
            told.add(name);
            throw DEFECT;
          });
    }
    try (LogLines log = new LogLines(OpenStreams.class)) {
      streams.endAll();

      assertThat(told).containsExactlyInAnyOrder("a", "b", "c", "d");
      assertThat(log.lines).hasSize(4);
    }
  }
}
