package io.millrace.metadata.image;

import com.google.protobuf.ByteString;
import java.util.UUID;

/**
 * A request that was carried out under a request id, remembered so that a repetition gets the same
 * answer.
 *
 * @param requestId the client's id for it
 * @param fingerprint a digest of what was asked
 * @param answeredAtMs when, milliseconds since 1970 UTC on the controller's clock
 * @param topicId the topic that the answer tells of
 * @param revision the revision that the answer tells of
 */
public record AnsweredRequest(
    String requestId, ByteString fingerprint, long answeredAtMs, UUID topicId, long revision) {}
