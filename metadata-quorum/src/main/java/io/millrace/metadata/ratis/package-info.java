/**
 * The metadata log on an Apache Ratis quorum: the only package that knows Ratis. Raft's own words
 * (term, index, peer) stay in here; outside, a term is a controller epoch.
 *
 * <p>Start with {@link io.millrace.metadata.ratis.RatisMetadataQuorum} to use it, with {@link
 * io.millrace.metadata.ratis.RatisMetadataLog} to change it.
 */
@NullMarked
package io.millrace.metadata.ratis;

import org.jspecify.annotations.NullMarked;
