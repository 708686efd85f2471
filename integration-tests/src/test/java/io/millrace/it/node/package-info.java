/**
 * A real node in the test's own process, for tests that need its disk and wire but no process of
 * its own.
 *
 * <p>Start with {@link io.millrace.it.node.LocalNode}.
 */
@NullMarked
package io.millrace.it.node;

import org.jspecify.annotations.NullMarked;
