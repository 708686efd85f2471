/**
 * The broker's side of the metadata: registers the broker, follows the image, keeps the partitions
 * as it says, and holds the producer ids that the controller gave out.
 *
 * <p>Start with {@link io.millrace.broker.metadata.TopicReadiness}.
 */
@NullMarked
package io.millrace.broker.metadata;

import org.jspecify.annotations.NullMarked;
