package io.millrace.common.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.common.MillraceException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EffectiveConfigTest {
  private static final ConfigKey<Integer> WORKERS =
      ConfigKey.of("worker.threads", ConfigTypes.INT, 4, "How many workers.").between(1, 64);
  private static final ConfigKey<Long> BUFFER =
      ConfigKey.of("buffer.bytes", ConfigTypes.SIZE, 1024L, "The buffer.").atLeast(0);
  private static final ConfigKey<String> NAME =
      ConfigKey.of("name", ConfigTypes.STRING, "", "A name.");
  private static final ConfigSchema SCHEMA =
      new ConfigSchema(
          "setting",
          List.of(
              new ConfigSchema.Section("Work", List.of(WORKERS, BUFFER)),
              new ConfigSchema.Section("Other", List.of(NAME))));

  @Test
  void laterSourcesWinAndEachValueTellsItsOrigin() {
    EffectiveConfig config =
        EffectiveConfig.builder(SCHEMA)
            .file("m.conf", "# a comment\n\nworker.threads = 8\nbuffer.bytes=2KB\nname = a = b\n")
            .environment(Map.of("MILLRACE_BUFFER_BYTES", "3KB", "HOME", "/root"))
            .flags("--set", List.of("buffer.bytes=4KB"))
            .build();
    assertThat(config.get(WORKERS)).isEqualTo(8);
    assertThat(config.setting(WORKERS).origin()).isEqualTo(Origin.FILE);
    assertThat(config.setting(WORKERS).place()).isEqualTo("m.conf:3");
    assertThat(config.get(BUFFER)).isEqualTo(4096L);
    assertThat(config.setting(BUFFER).origin()).isEqualTo(Origin.FLAG);
    assertThat(config.get(NAME)).isEqualTo("a = b");
  }

  @Test
  void environmentWinsOverTheFile() {
    EffectiveConfig config =
        EffectiveConfig.builder(SCHEMA)
            .file("m.conf", "buffer.bytes=2KB")
            .environment(Map.of("MILLRACE_BUFFER_BYTES", "3KB"))
            .build();
    assertThat(config.setting(BUFFER))
        .isEqualTo(new Setting<>(BUFFER, 3072L, Origin.ENVIRONMENT, "MILLRACE_BUFFER_BYTES"));
  }

  @Test
  void keepsTheOrderOfTheSchemaAndTheDefaults() {
    EffectiveConfig config = EffectiveConfig.builder(SCHEMA).set(NAME, "x").build();
    assertThat(config.settings())
        .extracting(s -> s.key().name() + "=" + s.text())
        .containsExactly("worker.threads=4", "buffer.bytes=1024", "name=x");
    assertThat(config.setting(WORKERS).origin()).isEqualTo(Origin.DEFAULT);
  }

  @Test
  void namesTheNearestSettingForAnUnknownOne() {
    assertThatThrownBy(
            () -> EffectiveConfig.builder(SCHEMA).flags("--set", List.of("worker.thread=1")))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining(
            "--set worker.thread=1: unknown setting: worker.thread; did you mean worker.threads?");
    assertThatThrownBy(() -> EffectiveConfig.builder(SCHEMA).file("m.conf", "\nbufer.bytes=1"))
        .hasMessageContaining("m.conf:2: unknown setting: bufer.bytes; did you mean buffer.bytes?");
    assertThatThrownBy(() -> EffectiveConfig.builder(SCHEMA).flags("--set", List.of("zzz=1")))
        .hasMessageEndingWith("unknown setting: zzz");
  }

  @Test
  void namesThePlaceOfABadValue() {
    assertThatThrownBy(() -> EffectiveConfig.builder(SCHEMA).file("m.conf", "worker.threads=65"))
        .hasMessageContaining("m.conf:1: worker.threads: 65 (expected: a whole number, 1 to 64)");
    assertThatThrownBy(
            () ->
                EffectiveConfig.builder(SCHEMA)
                    .environment(Map.of("MILLRACE_WORKER_THREADS", "many")))
        .hasMessageContaining("MILLRACE_WORKER_THREADS: worker.threads: many");
  }

  @Test
  void refusesLinesAndFlagsThatAssignNothingAndKeysThatAreSetTwice() {
    assertThatThrownBy(() -> EffectiveConfig.builder(SCHEMA).file("m.conf", "name"))
        .hasMessageContaining("m.conf:1: name (expected: key = value)");
    assertThatThrownBy(() -> EffectiveConfig.builder(SCHEMA).file("m.conf", "name=a\n\nname=b"))
        .hasMessageContaining("m.conf:3: name is set twice (expected: once; see line 1)");
    assertThatThrownBy(() -> EffectiveConfig.builder(SCHEMA).flags("--set", List.of("name")))
        .hasMessageContaining("--set name (expected: --set key=value)");
  }

  @Test
  void warnsOfAVariableThatLooksMistypedAndOnlyOfThat() {
    EffectiveConfig config =
        EffectiveConfig.builder(SCHEMA)
            .environment(
                Map.of("MILLRACE_BUFER_BYTES", "1", "MILLRACE_SERVICE_PORT_HTTPS", "tcp://1"))
            .build();
    assertThat(config.warnings())
        .containsExactly("MILLRACE_BUFER_BYTES sets nothing (did you mean MILLRACE_BUFFER_BYTES?)");
  }

  @Test
  void refusesTwoKeysOfOneNameAndKeysOfAnotherSchema() {
    assertThatThrownBy(
            () ->
                new ConfigSchema(
                    "setting", List.of(new ConfigSchema.Section("A", List.of(NAME, NAME)))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> EffectiveConfig.defaults(SCHEMA).get(TopicConfigs.RETENTION_MS))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void writesTheReferenceFromTheKeys() {
    assertThat(ConfigReference.markdown(SCHEMA, true))
        .isEqualTo(
            """
            ## Work

            | key, variable | type | default | bounds | meaning |
            |---|---|---|---|---|
            | `worker.threads`<br>`MILLRACE_WORKER_THREADS` | int | 4 | 1 to 64 | How many workers. |
            | `buffer.bytes`<br>`MILLRACE_BUFFER_BYTES` | size | 1024 (1 KB) | >= 0 | The buffer. |

            ## Other

            | key, variable | type | default | bounds | meaning |
            |---|---|---|---|---|
            | `name`<br>`MILLRACE_NAME` | string | (empty) |  | A name. |

            """);
  }
}
