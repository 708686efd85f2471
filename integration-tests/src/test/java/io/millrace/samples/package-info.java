/**
 * One class for each use of the Java client, short enough to be read from top to bottom; the tests
 * beside them run each against a node.
 */
@NullMarked
package io.millrace.samples;

import org.jspecify.annotations.NullMarked;
