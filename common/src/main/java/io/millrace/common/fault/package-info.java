/** The one way in which a broken invariant stops the process. */
@NullMarked
package io.millrace.common.fault;

import org.jspecify.annotations.NullMarked;
