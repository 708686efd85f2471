package io.millrace.it.simulation;

import io.millrace.common.producer.BatchOutcome;
import io.millrace.common.time.VirtualTime;
import io.millrace.it.simulation.SimulatedNetwork.Connection;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * What clients have to do with, whatever they are clients of. Confined to the simulation's thread.
 */
interface ClientWorld {
  VirtualTime time();

  Trace trace();

  Plants plants();

  Batches batches();

  /** The time that a client's machine shows. */
  long wallMs();

  /** Connects to who leads a partition, as clients know it; empty if nobody is there. */
  Optional<Connection> connect(int partition, SimulatedNetwork.Client client);

  /** Whether, as far as clients know, another one leads the partition than the one they are on. */
  boolean hasMoved(int partition, Connection from);

  /** How many batches of a producer the brokers remember. */
  int rememberedBatches();

  /** Until when producers send. */
  long endOfTroubleMs();

  /** Draws after how long a batch is given up. */
  long deliveryTimeoutMs(SplittableRandom random);

  /** A producer was told that its batch is in the log. */
  void acknowledged(int partition, SimulatedBatch batch, BatchOutcome.Acknowledged told);

  /** A producer was told that its batch is not in the log and never was. */
  void refused(int partition, SimulatedBatch batch);
}
