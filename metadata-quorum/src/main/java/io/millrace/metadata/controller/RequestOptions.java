package io.millrace.metadata.controller;

import java.util.Optional;

/**
 * How an administrator's request is to be carried out.
 *
 * @param requestId the client's id for the request, 1 to 128 characters; a repetition is answered
 *     as the first one was, for a bounded time. Only what was carried out is remembered: a refusal
 *     changed nothing and is decided anew.
 * @param validateOnly true to check only; nothing is changed or remembered
 */
public record RequestOptions(Optional<String> requestId, boolean validateOnly) {
  /** Carried out at once, without a request id. */
  public static final RequestOptions NONE = new RequestOptions(Optional.empty(), false);

  /** The most characters of a request id. */
  public static final int MAX_REQUEST_ID_CHARS = 128;

  /** Carried out at most once under the id. */
  public static RequestOptions withId(String requestId) {
    return new RequestOptions(Optional.of(requestId), false);
  }

  /** Checked only. */
  public static RequestOptions checkOnly() {
    return new RequestOptions(Optional.empty(), true);
  }
}
