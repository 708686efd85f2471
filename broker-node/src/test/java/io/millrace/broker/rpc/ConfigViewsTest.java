package io.millrace.broker.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.common.config.ConfigKey;
import io.millrace.common.config.ConfigSchema;
import io.millrace.common.config.ConfigTypes;
import io.millrace.common.config.EffectiveConfig;
import io.millrace.proto.v1.Config;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigViewsTest {
  /** No setting of the server is one yet. */
  @Test
  void aSecretIsShownNeitherAsAValueNorAsAPlace() {
    ConfigKey<String> secret =
        ConfigKey.of("tls.key.password", ConfigTypes.STRING, "", "Opens the key.").asSensitive();
    ConfigSchema schema =
        new ConfigSchema("setting", List.of(new ConfigSchema.Section("TLS", List.of(secret))));
    EffectiveConfig config =
        EffectiveConfig.builder(schema).flags("--set", List.of("tls.key.password=sesame")).build();
    Config view = ConfigViews.ofFile(config).get(0);
    assertThat(view.getSensitive()).isTrue();
    assertThat(view.hasValue()).isFalse();
    assertThat(view.getSynonymsList()).hasSize(2).noneMatch(synonym -> synonym.hasValue());
    assertThat(view.toString()).doesNotContain("sesame");
  }
}
