package io.millrace.metadata.observer;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceError;
import io.millrace.common.fault.FaultHandler;
import io.millrace.common.time.Clock;
import io.millrace.common.time.Scheduler;
import io.millrace.metadata.ListenerHub;
import io.millrace.metadata.Mailbox;
import io.millrace.metadata.MetadataListener;
import io.millrace.metadata.MetadataQuorum;
import io.millrace.metadata.QuorumHealth;
import io.millrace.metadata.QuorumHealth.State;
import io.millrace.metadata.VoterAddress;
import io.millrace.metadata.controller.Command;
import io.millrace.metadata.controller.CommandResult;
import io.millrace.metadata.controller.CommandResult.Refused;
import io.millrace.metadata.image.InvalidRecordException;
import io.millrace.metadata.image.MetadataDelta;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.ReplicatedImage;
import io.millrace.proto.internal.v1.MetadataEntry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The quorum as a node sees it that is no voter: it follows one of the voters, another one when
 * that is silent, and keeps the image on disk. Everything but the public methods is confined to its
 * mailbox.
 *
 * <p>Without a voter it goes on with the image that it has.
 */
public final class ObserverQuorum implements MetadataQuorum {
  /** A voter sends something each second; one that is silent for longer is given up. */
  private static final long SILENCE_MS = 5_000;

  private static final long AGAIN_MS = 200;

  private final MetadataSource source;
  private final ObservedImage kept;
  private final Clock clock;
  private final Mailbox mailbox;
  private final ListenerHub listeners;
  private final FaultHandler faults;
  private final ReplicatedImage image = new ReplicatedImage(MetadataImage.EMPTY);

  /** Where the voters are, as was told last; at first as the settings say. */
  private volatile List<VoterAddress> voters;

  private volatile State state = State.STARTING;
  private volatile int controllerId;

  /** Why the voter that was followed last is not any more, or empty. */
  private volatile String ending = "";

  private MetadataSource.@Nullable Watch watch;

  /** Grows with each voter that is followed or given up; tells the one from the other. */
  private long watches;

  /** Whose turn it is among the voters. */
  private int turn;

  /** When the voter that is followed last brought something. */
  private long heardMs;

  /**
   * An observer that is not started.
   *
   * @param voters where the voters are
   * @param kept the image on disk
   * @param scheduler runs the observer, on one thread
   * @param listenerScheduler runs the listeners, on one thread
   */
  public ObserverQuorum(
      MetadataSource source,
      List<VoterAddress> voters,
      ObservedImage kept,
      Clock clock,
      Scheduler scheduler,
      Scheduler listenerScheduler,
      FaultHandler faults) {
    this.source = source;
    this.voters = List.copyOf(voters);
    this.kept = kept;
    this.clock = clock;
    this.faults = faults;
    this.mailbox = new Mailbox(scheduler, faults, "the metadata observer");
    this.listeners = new ListenerHub(new Mailbox(listenerScheduler, faults, "a metadata listener"));
  }

  @Override
  public void start() {
    MetadataImage found = kept.read();
    image.install(found);
    listeners.publish(found, MetadataDelta.between(MetadataImage.EMPTY, found));
    mailbox.execute(
        () -> {
          state = State.NO_CONTROLLER;
          follow();
        });
    mailbox.schedule(SILENCE_MS, this::look);
  }

  /** Where the voters are, as far as is known. */
  public List<VoterAddress> voters() {
    return voters;
  }

  /** Nothing is carried out here: the command is to be passed on. */
  @Override
  public CompletableFuture<CommandResult> submit(Command command, Duration timeout) {
    boolean ended = state == State.CLOSED;
    return CompletableFuture.completedFuture(
        new Refused(
            new MillraceError(
                ended ? ErrorCode.UNAVAILABLE : ErrorCode.NOT_CONTROLLER, health().detail())));
  }

  @Override
  public MetadataImage image() {
    return image.image();
  }

  @Override
  public void subscribe(MetadataListener listener) {
    listeners.subscribe(listener);
  }

  @Override
  public boolean isActiveController() {
    return false;
  }

  @Override
  public QuorumHealth health() {
    MetadataImage now = image.image();
    State seen = state;
    int controller = seen == State.FOLLOWING ? controllerId : 0;
    String detail =
        switch (seen) {
          case STARTING -> "the metadata is being read";
          case FOLLOWING -> "following the controller of node " + controller;
          case CLOSED -> "closed";
          case NO_CONTROLLER, ACTIVE, FAILED ->
              "no active controller is known" + (ending.isEmpty() ? "" : "; " + ending);
        };
    return new QuorumHealth(seen, controller, now.controller().epoch(), now.revision(), detail);
  }

  @Override
  public void close() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    mailbox.execute(
        () -> {
          state = State.CLOSED;
          giveUp();
          closed.complete(null);
        });
    closed.join();
    kept.close(image.image());
  }

  /** Follows the next voter, beginning with another one each time. */
  private void follow() {
    if (state == State.CLOSED || voters.isEmpty()) {
      return;
    }
    long number = ++watches;
    VoterAddress voter = voters.get(Math.floorMod(turn++, voters.size()));
    heardMs = clock.monotonicMs();
    watch = source.watch(voter, image.image().revision(), new Told(number));
  }

  private void giveUp() {
    MetadataSource.Watch given = watch;
    watch = null;
    watches++;
    if (given != null) {
      given.cancel();
    }
  }

  /** Gives up a voter that is silent, and keeps what there is. */
  private void look() {
    if (state == State.CLOSED) {
      return;
    }
    if (clock.monotonicMs() - heardMs > SILENCE_MS) {
      lost();
      giveUp();
      follow();
    }
    kept.offer(image.image());
    mailbox.schedule(SILENCE_MS, this::look);
  }

  private void lost() {
    if (state != State.CLOSED) {
      state = State.NO_CONTROLLER;
    }
  }

  private void heard(long number, Runnable what) {
    mailbox.execute(
        () -> {
          if (number == watches && state != State.CLOSED) {
            what.run();
          }
        });
  }

  private void apply(MetadataEntry entry) {
    MetadataImage before = image.image();
    Optional<MetadataDelta> delta;
    try {
      delta = image.apply(entry.getControllerEpoch(), entry);
    } catch (InvalidRecordException e) {
      throw faults.fatal(
          "the metadata's entry after revision " + before.revision() + " can't be replayed", e);
    }
    if (delta.isPresent()) {
      heardMs = clock.monotonicMs();
      listeners.publish(image.image(), delta.get());
    } else {
      giveUp(); // A gap: the next voter is told where we are.
      follow();
    }
  }

  private void install(MetadataImage installed) {
    MetadataImage before = image.image();
    if (installed.revision() <= before.revision()) {
      return; // The voter is behind.
    }
    heardMs = clock.monotonicMs();
    image.install(installed);
    listeners.publish(installed, MetadataDelta.between(before, installed));
  }

  /** A voter that knows of no controller is as good as a silent one: another may know. */
  private void status(int controller, List<VoterAddress> told) {
    controllerId = controller;
    heardMs = controller == 0 ? heardMs : clock.monotonicMs();
    state = controller == 0 ? State.NO_CONTROLLER : State.FOLLOWING;
    ending = "";
    if (!told.isEmpty()) {
      voters = List.copyOf(told);
    }
  }

  /** What a voter tells, handed to the mailbox. */
  private final class Told implements MetadataSource.Listener {
    private final long number;

    Told(long number) {
      this.number = number;
    }

    @Override
    public void onEntry(MetadataEntry entry) {
      heard(number, () -> apply(entry));
    }

    @Override
    public void onImage(MetadataImage installed) {
      heard(number, () -> install(installed));
    }

    @Override
    public void onStatus(int controller, List<VoterAddress> told) {
      heard(number, () -> status(controller, told));
    }

    @Override
    public void onEnd(String why) {
      heard(
          number,
          () -> {
            lost();
            ending = why;
            mailbox.schedule(
                AGAIN_MS,
                () -> {
                  if (number == watches) {
                    follow();
                  }
                });
          });
    }
  }
}
