package io.millrace.broker.rpc;

import io.millrace.broker.group.GroupCoordinators;
import io.millrace.broker.group.core.GroupAnswer;
import io.millrace.broker.group.core.GroupCommand;
import io.millrace.broker.group.core.GroupQuery;
import io.millrace.common.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/**
 * Takes requests about groups to their coordinators. Thread-safe. What it answers may complete on a
 * coordinator's thread: what hangs on it must not block.
 *
 * @param timeoutMs how long a request may wait for its turn when its call has no earlier deadline
 */
record GroupCalls(GroupCoordinators coordinators, Clock clock, long timeoutMs) {
  /**
   * Has a command carried out.
   *
   * @param answer what it is answered with
   * @return fails with the refusal
   */
  <A extends GroupAnswer> CompletableFuture<A> carryOut(GroupCommand command, Class<A> answer) {
    return carryOut(command, answer, (done, thrown) -> {});
  }

  /**
   * Has a command carried out; as above.
   *
   * @param next takes the answer, or what the future fails with, before the coordinator tells a
   *     member's stream of anything newer; what hangs on the future itself may come later
   */
  <A extends GroupAnswer> CompletableFuture<A> carryOut(
      GroupCommand command, Class<A> answer, BiConsumer<? super A, ? super Throwable> next) {
    CompletableFuture<GroupAnswer> answered = new CompletableFuture<>();
    CompletableFuture<A> done = answered.thenApply(each -> expect(each, answer)).whenComplete(next);
    coordinators.submit(command, deadlineMs(), answered);
    return done;
  }

  /** Asks for something about a group; as {@link #carryOut}. */
  <A extends GroupAnswer> CompletableFuture<A> ask(
      String groupId, GroupQuery query, Class<A> answer) {
    return coordinators.ask(groupId, query, deadlineMs()).thenApply(each -> expect(each, answer));
  }

  /** Asks each coordinator of this broker. */
  <A extends GroupAnswer> CompletableFuture<List<A>> askAll(GroupQuery query, Class<A> answer) {
    List<CompletableFuture<GroupAnswer>> all = coordinators.askAll(query, deadlineMs());
    return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
        .thenApply(done -> all.stream().map(each -> expect(each.join(), answer)).toList());
  }

  private long deadlineMs() {
    return clock.monotonicMs() + Deadlines.capMs(timeoutMs);
  }

  private static <A extends GroupAnswer> A expect(GroupAnswer answer, Class<A> expected) {
    if (answer instanceof GroupAnswer.Refused refused) {
      throw refused.error().exception();
    }
    return expected.cast(answer);
  }
}
