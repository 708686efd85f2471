package io.millrace.common.config;

/** Where a value comes from; a later one wins. */
public enum Origin {
  /** The software. */
  DEFAULT,
  /** The configuration file. */
  FILE,
  /** An environment variable. */
  ENVIRONMENT,
  /** A flag of the command. */
  FLAG,
  /** The cluster's dynamic configuration, which holds for all brokers. */
  CLUSTER,
  /** The broker's own dynamic configuration. */
  BROKER,
  /** The topic's own configuration. */
  TOPIC
}
