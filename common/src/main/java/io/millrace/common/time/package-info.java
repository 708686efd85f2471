/**
 * Time and timers, handed in through constructors so that a simulator can own them.
 *
 * <p>Nothing outside this package reads the machine's clocks; ArchUnit holds that.
 */
@NullMarked
package io.millrace.common.time;

import org.jspecify.annotations.NullMarked;
