/** Ports of this machine: start at {@link io.millrace.common.net.FreePorts}. */
@NullMarked
package io.millrace.common.net;

import org.jspecify.annotations.NullMarked;
