package io.millrace.metadata;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.Controllers.Answer;
import io.millrace.metadata.QuorumHealth.State;
import io.millrace.metadata.controller.BrokerCommand.BrokerHeartbeat;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.Command.AdminCommand;
import io.millrace.metadata.controller.Command.AllocateProducerIds;
import io.millrace.metadata.controller.Command.AssignDirectories;
import io.millrace.metadata.controller.Command.RegisterBroker;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.image.MetadataImage;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A node's part in the quorum that has commands carried out by whichever node's controller is the
 * active one. Thread-safe.
 *
 * <p>A command that never reached an active controller is asked again until its time is over. One
 * that may have begun is asked again only if that can't double it: with a request id, or where the
 * command is of that kind. Else its outcome is unknown, and the answer says so.
 */
public final class ForwardingQuorum implements MetadataQuorum {
  /** How many nodes may pass a command on. */
  public static final int MAX_HOPS = 2;

  private static final long RETRY_MS = 50;

  /** A node that is silent is not waited for longer if asking another one does no harm. */
  private static final long PATIENCE_MS = 3_000;

  private final MetadataQuorum local;
  private final Controllers others;
  private final Scheduler scheduler;
  private final Clock clock;
  private final ImageWaiters waiters;

  /**
   * Puts the others beside the local part; it owns the local one and closes it.
   *
   * @param local this node's part
   * @param others the other nodes' controllers
   * @param scheduler for short tasks
   */
  public ForwardingQuorum(
      MetadataQuorum local, Controllers others, Scheduler scheduler, Clock clock) {
    this.local = local;
    this.others = others;
    this.scheduler = scheduler;
    this.clock = clock;
    this.waiters = new ImageWaiters(scheduler);
    local.subscribe((image, delta) -> waiters.reached(image.revision()));
  }

  @Override
  public void start() {
    local.start();
  }

  @Override
  public CompletableFuture<CommandResult> submit(Command command, Duration timeout) {
    Attempts attempts = new Attempts(command, clock.monotonicMs() + timeout.toMillis());
    attempts.next();
    return attempts.answer;
  }

  /**
   * Carries out a command that another node has passed on: here, or once more elsewhere.
   *
   * @param hops how many nodes have passed it on
   */
  public CompletableFuture<CommandResult> passedOn(Command command, Duration timeout, int hops) {
    QuorumHealth health = local.health();
    if (health.state() == State.ACTIVE) {
      return local.submit(command, timeout);
    }
    if (health.controllerId() == 0 || hops >= MAX_HOPS) {
      return CompletableFuture.completedFuture(notController(health));
    }
    return others
        .submit(health.controllerId(), command, timeout, hops + 1)
        .thenApply(answer -> passedBack(answer, health));
  }

  private static CommandResult passedBack(Answer answer, QuorumHealth health) {
    if (answer instanceof Answer.Answered answered) {
      return answered.result();
    } else if (answer instanceof Answer.Lost lost) {
      return unknown(lost.why());
    }
    return notController(health);
  }

  private static CommandResult notController(QuorumHealth health) {
    return refused(
        ErrorCode.NOT_CONTROLLER,
        "the controller that was asked is not active: " + health.detail());
  }

  private static CommandResult unknown(String why) {
    return refused(
        ErrorCode.OUTCOME_UNKNOWN,
        why + "; the change may or may not have been made, look before trying again");
  }

  private static CommandResult refused(ErrorCode code, String message) {
    return new Refused(new MillraceError(code, message));
  }

  @Override
  public MetadataImage image() {
    return local.image();
  }

  @Override
  public void subscribe(MetadataListener listener) {
    local.subscribe(listener);
  }

  @Override
  public boolean isActiveController() {
    return local.isActiveController();
  }

  @Override
  public QuorumHealth health() {
    return local.health();
  }

  @Override
  public void close() {
    local.close();
    waiters.close();
  }

  private static boolean repeatable(Command command) {
    if (command instanceof AdminCommand admin) {
      return admin.options().requestId().isPresent() || admin.options().validateOnly();
    }
    return command instanceof RegisterBroker
        || command instanceof BrokerHeartbeat
        || command instanceof AllocateProducerIds
        || command instanceof AssignDirectories;
  }

  /** One command's way to an answer. One thread at a time: each attempt begins after the last. */
  private final class Attempts {
    private final Command command;
    private final long deadlineMs;
    private final CompletableFuture<CommandResult> answer = new CompletableFuture<>();

    /** Why an earlier attempt may have been carried out, or empty. */
    private String doubt = "";

    private String lastRefusal = "no controller is known";

    Attempts(Command command, long deadlineMs) {
      this.command = command;
      this.deadlineMs = deadlineMs;
    }

    void next() {
      long leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) {
        timedOut();
        return;
      }
      QuorumHealth health = local.health();
      CompletableFuture<Void> unused =
          health.state() == State.FOLLOWING
              ? elsewhere(health.controllerId(), leftMs)
              : local.submit(command, Duration.ofMillis(leftMs)).thenAccept(this::answered);
    }

    private CompletableFuture<Void> elsewhere(int node, long leftMs) {
      long patienceMs = repeatable(command) ? Math.min(leftMs, PATIENCE_MS) : leftMs;
      return others
          .submit(node, command, Duration.ofMillis(patienceMs), 1)
          .thenAccept(
              came -> {
                if (came instanceof Answer.Answered answered) {
                  answered(answered.result());
                } else if (came instanceof Answer.Lost lost) {
                  answered(unknown(lost.why()));
                } else {
                  lastRefusal = ((Answer.NotReached) came).why();
                  again();
                }
              });
    }

    private void answered(CommandResult result) {
      if (!(result instanceof Refused refused)) {
        complete(result);
        return;
      }
      switch (refused.error().code()) {
        case NOT_CONTROLLER -> {
          lastRefusal = refused.error().message();
          again();
        }
        case OUTCOME_UNKNOWN -> {
          if (repeatable(command)) {
            doubt = refused.error().message();
            again();
          } else {
            complete(result);
          }
        }
        case REQUEST_TIMED_OUT -> {
          lastRefusal = refused.error().message();
          again();
        }
        default -> complete(result);
      }
    }

    private void again() {
      scheduler.schedule(RETRY_MS, this::next);
    }

    private void timedOut() {
      complete(
          doubt.isEmpty()
              ? refused(
                  ErrorCode.REQUEST_TIMED_OUT,
                  "no active controller answered in time, and nothing was changed: " + lastRefusal)
              : refused(ErrorCode.OUTCOME_UNKNOWN, doubt));
    }

    /** Whoever sees the answer finds the effect in this node's image. */
    private void complete(CommandResult result) {
      if (local.image().revision() >= result.revision()) {
        answer.complete(result);
        return;
      }
      long leftMs = Math.max(1, deadlineMs - clock.monotonicMs());
      waiters.await(result.revision(), leftMs, () -> answer.complete(result));
    }
  }
}
