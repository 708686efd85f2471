package io.millrace.it.simulation;

import io.millrace.broker.replica.LeaderStreams;
import io.millrace.broker.replica.link.FollowerFrame;
import io.millrace.broker.replica.link.LeaderFrame;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import io.millrace.metadata.image.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Opens Replicate streams from a process to other brokers. Confined to the simulation's thread. */
final class ReplicaStreams implements LeaderStreams {
  private static final int DIAL_MICROS = 3_000;
  private static final int TIME_OUT_MICROS = 400_000;

  private final ClusterProcess process;
  private final List<Connection> open = new ArrayList<>();

  ReplicaStreams(ClusterProcess process) {
    this.process = process;
  }

  /** The process died: its streams end where they are. */
  void endAll(boolean silently) {
    for (Connection connection : List.copyOf(open)) {
      if (silently) {
        connection.vanish();
      } else {
        connection.close();
      }
    }
    open.clear();
  }

  @Override
  public LeaderStream open(Endpoint leader, Listener listener) {
    ClusterMachine machine = process.world().machine(leader.port());
    Optional<ClusterProcess> there = machine.process();
    boolean reached = process.world().cuts().isOpenBothWays(process.id(), machine.id());
    if (there.isEmpty() || !reached) {
      int waitMicros = reached && !machine.isOff() ? DIAL_MICROS : TIME_OUT_MICROS;
      process.later(
          1 + process.random().nextInt(waitMicros), () -> listener.lost("it can't be reached"));
      return new NoStream();
    }
    Stream stream = new Stream(listener);
    stream.connection =
        Optional.of(
            process
                .world()
                .network()
                .connect(
                    there.get(), stream, process.world().cuts().route(process.id(), machine.id())));
    open.add(stream.connection.get());
    return stream;
  }

  /** A stream that could not be opened, which is told later. */
  private static final class NoStream implements LeaderStream {
    @Override
    public void send(FollowerFrame frame) {}

    @Override
    public void cancel(String why) {}
  }

  private final class Stream implements LeaderStream, SimulatedNetwork.Client {
    private final Listener listener;
    private Optional<Connection> connection = Optional.empty();

    Stream(Listener listener) {
      this.listener = listener;
    }

    @Override
    public void send(FollowerFrame frame) {
      connection.orElseThrow().sendToNode(process.world().bugs().toLeader(process.id(), frame));
    }

    @Override
    public void cancel(String why) {
      connection.orElseThrow().close();
      open.remove(connection.orElseThrow());
    }

    @Override
    public void receive(Object message) {
      process
          .time()
          .run(
              () -> {
                process
                    .world()
                    .trace()
                    .add("%s hears on %s: %s", process, connection.orElseThrow(), message);
                listener.received((LeaderFrame) message);
              });
    }

    @Override
    public void closed() {
      open.remove(connection.orElseThrow());
      process.time().run(() -> listener.lost("the connection is gone"));
    }
  }
}
