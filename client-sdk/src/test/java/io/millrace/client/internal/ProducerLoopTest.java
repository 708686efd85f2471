package io.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.time.SystemClock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProducerLoopTest {
  private final ProducerLoop loop = new ProducerLoop(new SystemClock(), Runnable::run);

  @Test
  void whoAsksIsToldOfAnErrorToo() throws InterruptedException {
    List<MillraceException> failures = new ArrayList<>();
    loop.ask(
        () -> {
          throw new LinkageError("thrown by the test");
        },
        answer -> {},
        failures::add);
    loop.execute(loop::stop);
    loop.run(nowMs -> nowMs);

    assertThat(failures)
        .singleElement()
        .satisfies(failure -> assertThat(failure.code()).isEqualTo(ErrorCode.INTERNAL));
  }
}
