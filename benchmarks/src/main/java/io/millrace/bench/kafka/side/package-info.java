/**
 * The two clients behind {@link io.millrace.bench.kafka.load.Side}. A process has only one of them
 * on its class path, and takes it by name.
 */
@NullMarked
package io.millrace.bench.kafka.side;

import org.jspecify.annotations.NullMarked;
