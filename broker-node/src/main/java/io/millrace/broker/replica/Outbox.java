package io.millrace.broker.replica;

import io.millrace.broker.replica.core.DeleteRecordsOutcome;
import io.millrace.broker.replica.core.Effect;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.LeadingEffect;
import io.millrace.broker.replica.core.RequestToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * What a run says to others, held back until the view is published: whoever has it can read what it
 * speaks of. Confined to the partition's thread.
 */
final class Outbox {
  private final ReplicationPort replication;
  private final Executor atEnd;
  private final Consumer<RuntimeException> threw;
  private final List<Effect> waiting = new ArrayList<>();

  /** The newest position to tell the leader; said last, and once. */
  private Optional<FollowingEffect.Acknowledge> position = Optional.empty();

  /** A request to delete records, on its way. */
  record DeleteToken(CompletableFuture<Long> result) implements RequestToken {}

  /**
   * Empty.
   *
   * @param replication hears what concerns other brokers
   * @param atEnd runs a task on this thread when other partitions have sent theirs too
   * @param threw told of what somebody who was answered threw
   */
  Outbox(ReplicationPort replication, Executor atEnd, Consumer<RuntimeException> threw) {
    this.replication = replication;
    this.atEnd = atEnd;
    this.threw = threw;
  }

  /** Takes an effect that is for others. */
  void add(Effect effect) {
    if (effect instanceof FollowingEffect.Acknowledge newer) {
      position = Optional.of(newer);
    } else {
      waiting.add(effect);
    }
  }

  /** Says everything, in order. */
  void sendAll() {
    for (int i = 0; i < waiting.size(); i++) {
      try {
        send(waiting.get(i));
      } catch (RuntimeException e) {
        threw.accept(e);
      }
    }
    waiting.clear();
    if (position.isPresent()) {
      replication.acknowledge(position.get(), atEnd);
      position = Optional.empty();
    }
  }

  private void send(Effect effect) {
    if (effect instanceof Effect.Answer answer) {
      ProduceCommand command = (ProduceCommand) answer.token();
      command.callback().answered(command, answer.outcome(), atEnd);
    } else if (effect instanceof Effect.AnswerDelete answer) {
      CompletableFuture<Long> result = ((DeleteToken) answer.token()).result();
      if (answer.outcome() instanceof DeleteRecordsOutcome.Deleted deleted) {
        result.complete(deleted.lowWatermark());
      } else if (answer.outcome() instanceof DeleteRecordsOutcome.Refused refused) {
        result.completeExceptionally(refused.error().exception());
      }
    } else if (effect instanceof LeadingEffect.AnswerSubscribe answer) {
      replication.answer(answer.ref(), answer.answer());
    } else if (effect instanceof LeadingEffect.EndSubscription end) {
      replication.endSubscription(end.ref(), end.why());
    } else if (effect instanceof LeadingEffect.ProposeIsr proposal) {
      replication.propose(proposal);
    } else if (effect instanceof FollowingEffect.Subscribe subscribe) {
      replication.subscribe(subscribe);
    } else if (effect instanceof FollowingEffect.Unsubscribe unsubscribe) {
      replication.unsubscribe(unsubscribe.attempt());
    }
  }
}
