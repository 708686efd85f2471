package io.millrace.client.api;

import org.jspecify.annotations.Nullable;

/**
 * A named value that travels with a record. The array is not copied: do not change it after handing
 * it over.
 *
 * @param key the name; names may repeat
 * @param value the value, or null
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a copy per record would cost more
public record Header(String key, byte @Nullable [] value) {}
