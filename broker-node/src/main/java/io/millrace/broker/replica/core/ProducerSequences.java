package io.millrace.broker.replica.core;

/**
 * The core's look at what the log remembers of idempotent producers. The log takes a batch into its
 * memory while it carries out {@link Effect.Append}, before the core sees the next event.
 */
@FunctionalInterface
public interface ProducerSequences {
  /** Judges a batch that has a producer id; changes nothing. */
  SequenceVerdict check(BatchFacts batch);
}
