package io.millrace.broker.group;

/**
 * How the {@link OffsetsTopic} is made.
 *
 * @param partitions its partitions, at least 1
 * @param replicationFactor the most replicas of each, at least 1; less when there are fewer brokers
 * @param voters how many nodes the cluster begins with, at least 1
 */
public record OffsetsTopicSettings(int partitions, int replicationFactor, int voters) {}
