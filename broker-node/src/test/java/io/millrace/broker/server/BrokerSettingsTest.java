package io.millrace.broker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.common.config.NotUnderstood;
import io.millrace.common.config.Origin;
import io.millrace.common.config.TopicConfigs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BrokerSettingsTest {
  private static final String UPDATE = "millrace.update.docs";

  /** Every setting and its default: the contract with operators, apart from the code. */
  private static final String DEFAULTS =
      """
      node.id=1
      process.roles=controller,broker
      cluster.id=
      data.dirs=data
      rack=
      quorum.voters=
      broker.session.timeout.ms=3000
      broker.heartbeat.interval.ms=500
      broker.session.refused.grace.ms=500
      auto.leader.rebalance.enable=true
      leader.imbalance.check.interval.seconds=300
      listener.client=127.0.0.1:9650
      listener.internal=127.0.0.1:9651
      listener.quorum=127.0.0.1:9652
      listener.admin=127.0.0.1:9653
      advertised.listener=
      rpc.max.message.bytes=16777216
      max.decompressed.bytes=67108864
      max.in.flight.bytes=134217728
      max.in.flight.bytes.per.connection=33554432
      max.produce.streams=1000
      max.fetch.streams=10000
      max.metadata.streams=1000
      max.connections=1000
      max.streams.per.connection=256
      max.partitions.per.fetch=10000
      produce.timeout.ms=30000
      produce.max.timeout.ms=120000
      fetch.max.wait.ms=60000
      fetch.max.bytes=8388608
      fetch.max.in.flight.bytes=134217728
      fetch.max.in.flight.bytes.per.connection=33554432
      fetch.stream.message.bytes=1044480
      admin.timeout.ms=30000
      rpc.flow.control.window.bytes=2097152
      rpc.keepalive.ms=60000
      rpc.keepalive.permit.ms=10000
      rpc.max.connection.age.ms=3600000
      rpc.max.connection.age.grace.ms=60000
      shutdown.timeout.ms=10000
      replication.credit.bytes=8388608
      replication.message.bytes=262144
      replication.read.threads=0
      shards=0
      fetch.threads=0
      num.recovery.threads.per.data.dir=2
      num.partitions=1
      default.replication.factor=1
      log.retention.check.interval.ms=300000
      log.flush.offset.checkpoint.interval.ms=60000
      log.max.open.segments=4096
      log.cleaner.threads=1
      log.cleaner.dedupe.buffer.size=134217728
      log.cleaner.io.buffer.load.factor=0.9
      log.cleaner.io.max.bytes.per.second=9223372036854775807
      log.cleaner.backoff.ms=15000
      replica.lag.time.max.ms=30000
      leader.replication.throttled.rate=9223372036854775807
      follower.replication.throttled.rate=9223372036854775807
      log.cleanup.policy=delete
      log.cleaner.min.cleanable.ratio=0.5
      log.cleaner.min.compaction.lag.ms=0
      log.cleaner.max.compaction.lag.ms=9223372036854775807
      log.cleaner.delete.retention.ms=86400000
      log.retention.ms=604800000
      log.retention.bytes=-1
      log.segment.bytes=1073741824
      log.roll.ms=604800000
      log.index.size.max.bytes=10485760
      log.index.interval.bytes=4096
      message.max.bytes=1048588
      log.message.timestamp.type=CreateTime
      log.message.timestamp.before.max.ms=9223372036854775807
      log.message.timestamp.after.max.ms=3600000
      min.insync.replicas=1
      unclean.leader.election.enable=false
      log.flush.mode=os
      log.segment.delete.delay.ms=60000
      producer.id.expiration.ms=86400000
      producer.batches.remembered=64
      group.session.timeout.ms=45000
      group.min.session.timeout.ms=6000
      group.max.session.timeout.ms=1800000
      group.heartbeat.interval.ms=5000
      group.max.size=10000
      offsets.retention.ms=604800000
      offset.metadata.max.bytes=4096
      group.coordinator.threads=2
      max.group.streams=10000
      offsets.topic.num.partitions=50
      offsets.topic.replication.factor=3
      logging.format=text
      logging.level=info
      """;

  @Test
  void everySettingHasItsDefault() {
    assertThat(EffectiveConfig.defaults(BrokerSettings.SCHEMA).settings())
        .extracting(setting -> setting.key().name() + "=" + setting.text())
        .containsExactlyElementsOf(DEFAULTS.lines().toList());
  }

  @Test
  void everySettingIsReachedByFileVariableAndFlag() {
    for (ConfigKey<?> key : BrokerSettings.SCHEMA.keys()) {
      String value = key.renderDefault();
      EffectiveConfig file =
          EffectiveConfig.builder(BrokerSettings.SCHEMA)
              .file("m.conf", key.name() + "=" + value)
              .build();
      assertThat(file.setting(key).origin()).as(key.name()).isEqualTo(Origin.FILE);
      EffectiveConfig variable =
          EffectiveConfig.builder(BrokerSettings.SCHEMA)
              .environment(
                  Map.of(
                      "MILLRACE_" + key.name().toUpperCase(java.util.Locale.ROOT).replace('.', '_'),
                      value))
              .build();
      assertThat(variable.setting(key).origin()).as(key.name()).isEqualTo(Origin.ENVIRONMENT);
      EffectiveConfig flag =
          EffectiveConfig.builder(BrokerSettings.SCHEMA)
              .flags("--set", List.of(key.name() + "=" + value))
              .build();
      assertThat(flag.setting(key).origin()).as(key.name()).isEqualTo(Origin.FLAG);
      assertThat(flag.setting(key).value()).as(key.name()).isEqualTo(key.defaultValue());
    }
  }

  @Test
  void topicsFallBackToTheServersSettings() {
    EffectiveConfig config =
        EffectiveConfig.builder(BrokerSettings.SCHEMA)
            .flags("--set", List.of("message.max.bytes=2MB"))
            .build();
    assertThat(
            TopicConfigs.effective(Map.of(), config, NotUnderstood.SILENT)
                .get(TopicConfigs.MAX_MESSAGE_BYTES))
        .isEqualTo(2 << 20);
  }

  @Test
  void namesTheNearestSetting() {
    assertThatThrownBy(
            () ->
                EffectiveConfig.builder(BrokerSettings.SCHEMA)
                    .flags("--set", List.of("data.dir=/tmp/x")))
        .hasMessageContaining("unknown setting: data.dir; did you mean data.dirs?");
  }

  @Test
  void readsListenersAndRefusesWhatIsNone() {
    assertThat(ListenerSettings.LISTENER_CLIENT.parse("[::1]:0"))
        .isEqualTo(new ListenAddress("::1", 0))
        .hasToString("[::1]:0");
    Stream.of("9650", ":9650", "host", "host:", "host:x", "host:65536", "host:-1", "::1:9650")
        .forEach(
            text ->
                assertThatThrownBy(() -> ListenerSettings.LISTENER_CLIENT.parse(text))
                    .as(text)
                    .hasMessageContaining(
                        "listener.client: " + text + " (expected: host:port, such as"));
  }

  @Test
  void clientsAreToldWhereTheListenerReallyIs() {
    ListenAddress bound = new ListenAddress("127.0.0.1", 4711);
    assertThat(Listeners.advertised("", bound)).isEqualTo(bound);
    assertThat(Listeners.advertised("broker-1:9999", bound))
        .isEqualTo(new ListenAddress("broker-1", 9999));
    assertThat(Listeners.advertised("broker-1:0", bound))
        .isEqualTo(new ListenAddress("broker-1", 4711));
    assertThat(Listeners.advertised("", new ListenAddress("0.0.0.0", 4711)).wildcard()).isFalse();
    assertThatThrownBy(() -> Listeners.advertised("broker-1", bound))
        .isInstanceOf(StartException.class)
        .hasMessage("advertised.listener: broker-1 (expected: host:port)");
  }

  /** Rewritten by {@code ./mvnw test -pl broker-node -am -Dmillrace.update.docs=true}. */
  @Test
  void theReferencePageIsWhatTheSettingsSay() throws IOException {
    Path page = Path.of("..", "docs", "configuration.md");
    if (Boolean.getBoolean(UPDATE)) {
      Files.writeString(page, BrokerSettings.reference());
    }
    assertThat(page)
        .as("docs/configuration.md; rewrite it with -D%s=true", UPDATE)
        .hasContent(BrokerSettings.reference());
  }
}
