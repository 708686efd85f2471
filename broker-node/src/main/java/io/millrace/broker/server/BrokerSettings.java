package io.millrace.broker.server;

import io.millrace.common.config.ConfigReference;
import io.millrace.common.config.ConfigSchema;
import io.millrace.common.config.ReplicationConfigs;
import io.millrace.common.config.TopicConfigs;
import java.util.List;

/** What a node can be told: every setting of the server, once. */
public final class BrokerSettings {
  /** Every setting of the server. */
  public static final ConfigSchema SCHEMA =
      new ConfigSchema(
          "setting",
          List.of(
              NodeSettings.SECTION,
              QuorumVoterSettings.SECTION,
              SessionSettings.SECTION,
              ListenerSettings.SECTION,
              LimitSettings.SECTION,
              RequestSettings.SECTION,
              ConnectionSettings.SECTION,
              ReplicationSettings.SECTION,
              StorageSettings.THREADS,
              StorageSettings.LOGS,
              CompactionSettings.SECTION,
              StorageSettings.REPLICATION,
              ReplicationConfigs.catchingUp(),
              TopicConfigs.brokerDefaults(),
              StorageSettings.PRODUCERS,
              ConsumerGroupSettings.SECTION,
              LoggingSettings.SECTION));

  private BrokerSettings() {}

  /** The reference page of all settings, the server's and the topics'. */
  public static String reference() {
    return """
    # Configuration

    A setting has its default unless the configuration file (`--config FILE`, lines of `key = value`), the environment
    or a flag (`--set KEY=VALUE`) says otherwise; a later one of these wins. `millrace config show` prints the values in
    force and where each comes from; of a server that runs, `millrace config list --broker NODE`. The sections *Defaults
    of topics* and *Replicas that catch up* can also be set while brokers run, for one or for all (`millrace config set`);
    that goes before the file.

    A size is a number of bytes, or a number with KB, MB, GB or TB (1 KB = 1,024 bytes). A duration is a number of
    milliseconds, or a number with ms, s, min, h or d. Lists are separated by commas.

    # Server

    """
        + ConfigReference.markdown(SCHEMA, true)
        + """
        # Topic

        Set when a topic is created or later (`millrace topic create --config`, `millrace topic alter`). What a topic does
        not set follows the server's setting of the section *Defaults of topics* above.

        """
        + ConfigReference.markdown(TopicConfigs.SCHEMA, false);
  }
}
