package io.millrace.client.internal;

import io.millrace.common.MillraceException;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/** Asks what blocks on a helper thread. What follows from the answer is done on the asker's own. */
interface Questions {
  /**
   * Asks.
   *
   * @param question run on the helper thread
   * @param onAnswer told what it returned
   * @param onFailure told why it returned nothing
   */
  <T> void ask(Callable<T> question, Consumer<T> onAnswer, Consumer<MillraceException> onFailure);
}
