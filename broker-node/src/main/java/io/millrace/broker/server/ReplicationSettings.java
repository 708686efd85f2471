package io.millrace.broker.server;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema.Section;
import io.millrace.common.config.ConfigTypes;
import java.util.List;

/** How records come from the brokers that lead to those that follow. */
public final class ReplicationSettings {
  private static final int MB = 1 << 20;

  public static final ConfigKey<Long> CREDIT_BYTES =
      ConfigKey.of(
              "replication.credit.bytes",
              ConfigTypes.SIZE,
              8L * MB,
              "The most bytes that each of the other brokers may have under way to each data"
                  + " directory of this one and not yet in a log, and as much again for replicas"
                  + " that are far behind; one batch may pass it.")
          .atLeast(64 << 10);
  public static final ConfigKey<Integer> MESSAGE_BYTES =
      ConfigKey.of(
              "replication.message.bytes",
              ConfigTypes.BUFFER_SIZE,
              MB / 4,
              "The most bytes of records in one message between brokers, but for a single larger"
                  + " batch.")
          .between(1_024, 1 << 30);

  public static final ConfigKey<Integer> READ_THREADS =
      ConfigKey.of(
              "replication.read.threads",
              ConfigTypes.INT,
              0,
              "The threads that read for followers, for each data directory; 0 for one a processor,"
                  + " divided among the directories, and two at least.")
          .between(0, 1_024);

  static final Section SECTION =
      new Section("Replication", List.of(CREDIT_BYTES, MESSAGE_BYTES, READ_THREADS));

  private ReplicationSettings() {}
}
