/**
 * The Java client: a producer, a consumer by assignment and an admin client.
 *
 * <p>Start with {@link io.millrace.client.api.MillraceClient#connect}. Nothing in this package's
 * signatures comes from gRPC or protobuf; errors are {@link io.millrace.common.MillraceException}s
 * whose {@link io.millrace.common.ErrorCode} says whether trying again can help.
 */
@NullMarked
package io.millrace.client.api;

import org.jspecify.annotations.NullMarked;
