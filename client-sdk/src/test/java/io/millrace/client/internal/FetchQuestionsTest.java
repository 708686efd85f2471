package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FetchQuestionsTest {
  private final List<FetchEvent> events = new ArrayList<>();
  private final FetchQuestions questions = new FetchQuestions(Runnable::run, events::add);

  @Test
  void whoAsksIsToldOfAnErrorToo() {
    List<MillraceException> failures = new ArrayList<>();
    questions.ask(
        () -> {
          throw new LinkageError("thrown by the test");
        },
        answer -> {},
        failures::add);

    assertThat(events).singleElement().isInstanceOf(FetchEvent.Answered.class);
    ((FetchEvent.Answered) events.get(0)).then().run();
    assertThat(failures)
        .singleElement()
        .satisfies(failure -> assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL));
  }
}
