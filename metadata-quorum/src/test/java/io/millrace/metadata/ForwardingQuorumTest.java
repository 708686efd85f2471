package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.time.VirtualTime;
import io.millrace.metadata.Controllers.Answer;
import io.millrace.metadata.QuorumHealth.State;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.DeleteTopic;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.Done;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.ReplicatedImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class ForwardingQuorumTest implements MetadataQuorum, Controllers {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Command ONCE = new DeleteTopic("t", Optional.empty(), RequestOptions.NONE);
  private static final Command REPEATABLE =
      new DeleteTopic("t", Optional.empty(), RequestOptions.withId("r"));

  private final VirtualTime time = new VirtualTime();
  private final Deque<Answer> answers = new ArrayDeque<>();
  private final List<String> asked = new ArrayList<>();
  private State state = State.FOLLOWING;
  private int controller = 2;
  private MetadataImage image = MetadataImage.EMPTY;
  private MetadataListener listener = (newImage, delta) -> {};
  private CommandResult localResult = new Done(0);
  private final ForwardingQuorum quorum = new ForwardingQuorum(this, this, time, time);

  @Test
  void commandIsCarriedOutByTheOtherNodeAndAnsweredOnceItsEffectIsHere() {
    answers.add(new Answer.Answered(new Done(7)));
    CompletableFuture<CommandResult> result = quorum.submit(ONCE, TIMEOUT);
    time.advance(1_000);
    assertThat(result).isNotDone();
    reach(7);
    assertThat(result).isCompletedWithValue(new Done(7));
    assertThat(asked).containsExactly("2 hops 1");
  }

  @Test
  void imageThatDoesNotComeDelaysTheAnswerUntilTheDeadlineOnly() {
    answers.add(new Answer.Answered(new Done(7)));
    CompletableFuture<CommandResult> result = quorum.submit(ONCE, TIMEOUT);
    time.advance(10_000);
    assertThat(result).isCompletedWithValue(new Done(7));
  }

  @Test
  void controllerThatIsNotReachedOrNotActiveIsLookedForAgain() {
    answers.add(new Answer.NotReached("refused"));
    answers.add(new Answer.Answered(refused(ErrorCode.NOT_CONTROLLER)));
    answers.add(new Answer.Answered(new Done(0)));
    CompletableFuture<CommandResult> result = quorum.submit(ONCE, TIMEOUT);
    controller = 3;
    time.advance(200);
    assertThat(result).isCompletedWithValue(new Done(0));
    assertThat(asked).containsExactly("2 hops 1", "3 hops 1", "3 hops 1");
  }

  @Test
  void lostAnswerIsAnUnknownOutcomeAndTheCommandIsNotDoubled() {
    answers.add(new Answer.Lost("node 2 is gone"));
    CompletableFuture<CommandResult> result = quorum.submit(ONCE, TIMEOUT);
    assertThat(code(result)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertThat(asked).hasSize(1);
  }

  @Test
  void lostAnswerOfARequestWithAnIdIsAskedForAgain() {
    answers.add(new Answer.Lost("node 2 is gone"));
    answers.add(new Answer.Answered(refused(ErrorCode.OUTCOME_UNKNOWN)));
    answers.add(new Answer.Answered(new Done(0)));
    CompletableFuture<CommandResult> result = quorum.submit(REPEATABLE, TIMEOUT);
    time.advance(200);
    assertThat(result).isCompletedWithValue(new Done(0));
  }

  @Test
  void outcomeThatStaysUnknownIsSaidToBeSoEvenWithAnId() {
    answers.add(new Answer.Lost("node 2 is gone"));
    CompletableFuture<CommandResult> result = quorum.submit(REPEATABLE, TIMEOUT);
    time.advance(11_000);
    assertThat(code(result)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
  }

  @Test
  void commandThatNeverReachedAControllerTimesOutWithNothingChanged() {
    CompletableFuture<CommandResult> result = quorum.submit(ONCE, TIMEOUT);
    time.advance(11_000);
    assertThat(code(result)).isEqualTo(ErrorCode.REQUEST_TIMED_OUT);
    assertThat(((Refused) result.join()).error().message()).contains("nothing was changed");
  }

  @Test
  void whatIsPassedOnGoesToOneFurtherNodeAtMost() {
    answers.add(new Answer.Answered(new Done(3)));
    assertThat(quorum.passedOn(ONCE, TIMEOUT, 1)).isCompletedWithValue(new Done(3));
    assertThat(asked).containsExactly("2 hops 2");
    assertThat(code(quorum.passedOn(ONCE, TIMEOUT, 2))).isEqualTo(ErrorCode.NOT_CONTROLLER);
    answers.add(new Answer.Lost("gone"));
    assertThat(code(quorum.passedOn(ONCE, TIMEOUT, 1))).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    answers.add(new Answer.NotReached("gone"));
    assertThat(code(quorum.passedOn(ONCE, TIMEOUT, 1))).isEqualTo(ErrorCode.NOT_CONTROLLER);
    state = State.ACTIVE;
    assertThat(quorum.passedOn(ONCE, TIMEOUT, 2)).isCompletedWithValue(new Done(0));
  }

  @Test
  void closingAnswersWhoWaitsForTheImage() {
    answers.add(new Answer.Answered(new Done(7)));
    CompletableFuture<CommandResult> result = quorum.submit(ONCE, TIMEOUT);
    quorum.close();
    assertThat(result).isCompletedWithValue(new Done(7));
  }

  private static Refused refused(ErrorCode code) {
    return new Refused(new MillraceError(code, "refused"));
  }

  private static ErrorCode code(CompletableFuture<CommandResult> result) {
    assertThat(result).isDone();
    return ((Refused) result.join()).error().code();
  }

  private void reach(long revision) {
    MetadataImage before = image;
    ReplicatedImage replicated = new ReplicatedImage(before);
    while (replicated.image().revision() < revision) {
      MetadataEntry idle =
          MetadataEntry.newBuilder()
              .setControllerEpoch(1)
              .setExpectedRevision(replicated.image().revision())
              .build();
      assertThat(replicated.apply(1, idle)).isPresent();
    }
    image = replicated.image();
    listener.onImage(image, MetadataDelta.between(before, image));
  }

  // ---- the other nodes, as they are told to be

  @Override
  public CompletableFuture<Answer> submit(int node, Command command, Duration timeout, int hops) {
    asked.add(node + " hops " + hops);
    return CompletableFuture.completedFuture(
        answers.isEmpty() ? new Answer.NotReached("nobody there") : answers.remove());
  }

  // ---- this node's own part

  @Override
  public void start() {}

  @Override
  public CompletableFuture<CommandResult> submit(Command command, Duration timeout) {
    return CompletableFuture.completedFuture(localResult);
  }

  @Override
  public MetadataImage image() {
    return image;
  }

  @Override
  public void subscribe(MetadataListener added) {
    listener = added;
  }

  @Override
  public boolean isActiveController() {
    return state == State.ACTIVE;
  }

  @Override
  public QuorumHealth health() {
    return new QuorumHealth(state, controller, 1, image.revision(), "");
  }

  @Override
  public void close() {}
}
