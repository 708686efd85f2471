/**
 * Consumer groups at work: the offsets topic, and what runs the coordinators of the partitions of
 * it that this broker leads. Start reading at {@link io.millrace.broker.group.CoordinatorLookup}.
 */
@NullMarked
package io.millrace.broker.group;

import org.jspecify.annotations.NullMarked;
