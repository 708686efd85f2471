package io.millrace.broker.rpc;

import io.millrace.common.ErrorCode;
import io.millrace.common.MillraceException;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.metadata.controller.RequestOptions;
import io.millrace.metadata.image.MetadataImage;
import io.millrace.metadata.image.TopicImage;
import io.millrace.metadata.image.TopicsImage;
import io.millrace.proto.v1.CreateTopicRequest;
import io.millrace.proto.v1.ListTopicsRequest;
import io.millrace.proto.v1.ListTopicsResponse;
import io.millrace.proto.v1.PartitionMetadata;
import io.millrace.proto.v1.Topic;
import io.millrace.proto.v1.UpdateTopicRequest;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Reads the requests of administrators. */
final class TopicRequests {
  private static final String MASK_PREFIX = "configs.";

  private TopicRequests() {}

  static RequestOptions options(String requestId, boolean validateOnly) {
    if (requestId.length() > RequestOptions.MAX_REQUEST_ID_CHARS) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST,
          "request_id: "
              + requestId.length()
              + " characters (expected: at most "
              + RequestOptions.MAX_REQUEST_ID_CHARS
              + ")");
    }
    return new RequestOptions(
        requestId.isEmpty() ? Optional.empty() : Optional.of(requestId), validateOnly);
  }

  /** What a creation that was only validated would make. */
  static Topic validated(CreateTopicRequest request, EffectiveConfig config) {
    Topic.Builder topic =
        Topic.newBuilder()
            .setName(request.getName())
            .setReplicationFactor(request.getReplicationFactor())
            .addAllConfigs(TopicViews.configs(request.getConfigsMap(), config));
    for (int i = 0; i < request.getPartitions(); i++) {
      topic.addPartitions(PartitionMetadata.newBuilder().setPartition(i));
    }
    return topic.build();
  }

  /** The changes that an update asks for: an empty value takes the key back to its default. */
  static Map<String, Optional<String>> configChanges(UpdateTopicRequest request) {
    Map<String, String> values = request.getConfigsMap();
    Map<String, Optional<String>> changes = new HashMap<>();
    if (request.getUpdateMask().getPathsCount() == 0) {
      values.forEach((key, value) -> changes.put(key, Optional.of(value)));
    }
    for (String path : request.getUpdateMask().getPathsList()) {
      if (!path.startsWith(MASK_PREFIX)) {
        throw new MillraceException(
            ErrorCode.INVALID_REQUEST, "update_mask: " + path + " (expected: configs.<key>)");
      }
      String key = path.substring(MASK_PREFIX.length());
      changes.put(key, Optional.ofNullable(values.get(key)));
    }
    if (changes.isEmpty()) {
      throw new MillraceException(
          ErrorCode.INVALID_REQUEST, "configs: none (expected: at least one change)");
    }
    return changes;
  }

  /** One page of topics by name. The token is the last name of the page before. */
  static ListTopicsResponse page(MetadataImage image, ListTopicsRequest request) {
    TopicsImage topics = image.topics();
    int size = Pages.size(request.getPageSize());
    String after = Pages.last(request.getPageToken());
    Collection<String> names = topics.idsByName().tailMap(after, false).keySet();
    ListTopicsResponse.Builder page = ListTopicsResponse.newBuilder();
    for (String name : names) {
      TopicImage topic = topics.topic(name).orElseThrow();
      if (topic.internal() && !request.getIncludeInternal()) {
        continue;
      }
      if (page.getTopicsCount() == size) {
        return page.setNextPageToken(Pages.token(page.getTopics(size - 1).getName())).build();
      }
      page.addTopics(TopicViews.summary(image, topic));
    }
    return page.build();
  }
}
