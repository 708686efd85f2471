/**
 * The cluster's metadata as an immutable value, and how records change it. No threads, clocks or
 * IO: replaying the same records gives the same image everywhere.
 *
 * <p>Start with {@link io.millrace.metadata.image.MetadataImage} and {@link
 * io.millrace.metadata.image.MetadataReplay}; the records are in {@code
 * millrace/internal/v1/metadata_record.proto}.
 */
@NullMarked
package io.millrace.metadata.image;

import org.jspecify.annotations.NullMarked;
