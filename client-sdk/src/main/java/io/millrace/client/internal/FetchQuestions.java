package io.millrace.client.internal;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * The questions of a consumer, whose answers come back as events, so that a poll can be woken
 * meanwhile. Confined to the consumer's thread.
 */
final class FetchQuestions implements Questions {
  private final Executor helper;
  private final Consumer<? super FetchEvent.Answered> events;

  /**
   * @param helper runs what blocks
   * @param events takes the answers, on any thread
   */
  FetchQuestions(Executor helper, Consumer<? super FetchEvent.Answered> events) {
    this.helper = helper;
    this.events = events;
  }

  @Override
  public <T> void ask(
      Callable<T> question, Consumer<T> onAnswer, Consumer<MillraceException> onFailure) {
    try {
      helper.execute(
          () -> events.accept(new FetchEvent.Answered(run(question, onAnswer, onFailure))));
    } catch (RejectedExecutionException e) {
      onFailure.accept(new MillraceException(ErrorCode.UNAVAILABLE, "the client is closed"));
    }
  }

  /** Runs on the helper thread; what it returns, on the consumer's. */
  private static <T> Runnable run(
      Callable<T> question, Consumer<T> onAnswer, Consumer<MillraceException> onFailure) {
    try {
      T answer = question.call();
      return () -> onAnswer.accept(answer);
    } catch (MillraceException e) {
      return () -> onFailure.accept(e);
    } catch (Throwable e) {
      MillraceException failure =
          new MillraceException(ErrorCode.INTERNAL, "the client failed: " + e);
      return () -> onFailure.accept(failure);
    }
  }
}
