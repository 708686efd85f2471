/**
 * A long mixed load on a real broker process, and what it leaves behind: memory, descriptors and
 * threads are compared with what they were in the beginning.
 *
 * <p>{@link io.millrace.it.soak.SoakMain} is the command, {@link io.millrace.it.soak.SoakLoad} the
 * load, {@link io.millrace.it.soak.SoakVerdict} what is compared.
 */
@NullMarked
package io.millrace.it.soak;

import org.jspecify.annotations.NullMarked;
