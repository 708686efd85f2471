/**
 * The metadata quorum as a node sees it: one image that follows the log, and a controller that
 * takes commands.
 *
 * <p>Start with {@link io.millrace.metadata.MetadataQuorum}; {@link
 * io.millrace.metadata.ControllerUpkeep} is what the active controller does by itself.
 */
@NullMarked
package io.millrace.metadata;

import org.jspecify.annotations.NullMarked;
