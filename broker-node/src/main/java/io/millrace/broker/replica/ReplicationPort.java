package io.millrace.broker.replica;

import io.millrace.broker.replica.core.FollowerRef;
import io.millrace.broker.replica.core.FollowingEffect;
import io.millrace.broker.replica.core.LeadingEffect;
import io.millrace.broker.replica.core.SubscribeAnswer;
import io.millrace.common.MillraceError;
import java.util.concurrent.Executor;

/**
 * What one partition says to other brokers and to the controller. Called on the partition's own
 * thread at the end of a run, in the order of the effects, after its view is published; must not
 * block.
 */
public interface ReplicationPort {
  /** Of a broker without others: nobody subscribes, and nobody is to be subscribed to. */
  ReplicationPort NONE =
      new ReplicationPort() {
        @Override
        public void answer(FollowerRef ref, SubscribeAnswer answer) {}

        @Override
        public void endSubscription(FollowerRef ref, MillraceError why) {}

        @Override
        public void propose(LeadingEffect.ProposeIsr proposal) {}

        @Override
        public long attemptsFrom() {
          return 0;
        }

        @Override
        public void subscribe(FollowingEffect.Subscribe subscribe) {}

        @Override
        public void unsubscribe(long attempt) {}

        @Override
        public void acknowledge(FollowingEffect.Acknowledge position, Executor atEnd) {}

        @Override
        public void refused(MillraceError why) {}
      };

  /** See {@link LeadingEffect.AnswerSubscribe}. */
  void answer(FollowerRef ref, SubscribeAnswer answer);

  /** See {@link LeadingEffect.EndSubscription}. */
  void endSubscription(FollowerRef ref, MillraceError why);

  /** See {@link LeadingEffect.ProposeIsr}. */
  void propose(LeadingEffect.ProposeIsr proposal);

  /**
   * The attempts to follow are numbered from here on: above all of earlier openings of the
   * partition in this process, of which answers may still be under way.
   */
  long attemptsFrom();

  /** See {@link FollowingEffect.Subscribe}. */
  void subscribe(FollowingEffect.Subscribe subscribe);

  /** See {@link FollowingEffect.Unsubscribe}. */
  void unsubscribe(long attempt);

  /**
   * See {@link FollowingEffect.Acknowledge}; at most once in a run.
   *
   * @param atEnd runs a task on this thread when the other partitions at hand have said theirs
   */
  void acknowledge(FollowingEffect.Acknowledge position, Executor atEnd);

  /** Batches that came from the leader were bad and not appended (S25); for a metric. */
  void refused(MillraceError why);
}
