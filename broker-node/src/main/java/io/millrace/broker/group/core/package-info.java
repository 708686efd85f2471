/**
 * The coordinator of consumer groups as a pure state machine: one for each partition of the offsets
 * topic that this broker leads. Events with the time on them come in, effects go out; no threads,
 * clocks, randomness, files or network. Everything that must outlive the broker is a record in the
 * partition, and nothing is told to anybody before its records are committed.
 *
 * <p>Start with {@link io.millrace.broker.group.core.CoordinatorCore}, then {@link
 * io.millrace.broker.group.core.CoordinatorEvent} and {@link
 * io.millrace.broker.group.core.CoordinatorEffect}.
 *
 * <p>What holds after each event:
 *
 * <ul>
 *   <li>A partition is in the hands (assigned, or still to be given up) of one member of a group at
 *       most.
 *   <li>A member's epoch grows with each partition that it is given, and by one step only until the
 *       member has shown with a heartbeat that it knows the step. A member id never sees an epoch
 *       twice, also after it was fenced and has joined again.
 *   <li>Answers, pushes and queries show committed state only.
 *   <li>Any beginning of the records of an append leaves a sound state: what frees a partition
 *       comes before what gives it.
 * </ul>
 */
@NullMarked
package io.millrace.broker.group.core;

import org.jspecify.annotations.NullMarked;
