/**
 * The controller's decisions: an image and commands come in, records and answers go out. Pure: no
 * threads, clocks, randomness or IO of its own.
 *
 * <p>Start with {@link io.millrace.metadata.controller.Command} and {@link
 * io.millrace.metadata.controller.CommandResult}.
 */
@NullMarked
package io.millrace.metadata.controller;

import org.jspecify.annotations.NullMarked;
