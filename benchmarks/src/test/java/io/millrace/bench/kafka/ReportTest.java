package io.millrace.bench.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.millrace.bench.kafka.load.Fields;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ReportTest {
  private final List<Workload> workloads =
      Catalogue.all(Options.parse(new String[0]), Path.of("lines"));
  private final Memory memory =
      new Memory(
          new Both<>(400L << 20, 200L << 20),
          new Both<>(0.044, 0.001),
          new Both<>(OptionalDouble.of(1_000L << 20), OptionalDouble.empty()));

  @Test
  void aRowHasBothSidesTheirRatioAndTheirSettings() {
    Row row = row("produce-1000-acksall-tuned", Optional.empty());
    String text = new Report(Map.of("Machine", "2 cores"), List.of(row), memory).markdown();

    assertThat(text)
        .contains("| produce 1,000 B, acks=all, tuned | 100 · 300 | 3.00 |")
        .contains("acks=all batch.size=131072 linger.ms=5")
        .contains("- Machine: 2 cores");
  }

  @Test
  void aRowThatFailedIsNamedAndTheOthersStand() {
    Row failed = row("consume-1000", Optional.of("no answer"));
    Row fine = row("produce-1000-acks1-tuned", Optional.empty());
    String text = new Report(Map.of(), List.of(failed, fine), memory).markdown();

    assertThat(text)
        .contains("by assignment, defaults (failed)")
        .contains("- Failed: consume-1000: no answer")
        .contains("| produce 1,000 B, acks=1, tuned | 100 · 300 |");
  }

  @Test
  void aBrokerThatHasEndedHasNoLastMemory() {
    assertThat(new Report(Map.of(), List.of(), memory).markdown())
        .contains("| Apache Kafka | 400 | – | 1,000 | 0.044 |")
        .contains("| Millrace | 200 | – | – | 0.001 |");
  }

  @Test
  void theJsonReportHasEveryRound() {
    Row row = row("produce-1000-acksall-tuned", Optional.empty());
    String text = JsonReport.of(new Report(Map.of(), List.of(row), memory));

    JsonObject json =
        JsonParser.parseString(text)
            .getAsJsonObject()
            .getAsJsonArray("rows")
            .get(0)
            .getAsJsonObject();
    assertThat(json.get("ratio_mb_per_s").getAsDouble()).isEqualTo(3);
    assertThat(json.getAsJsonObject("millrace").getAsJsonArray("rounds")).hasSize(2);
  }

  @Test
  void everyWorkloadHasANameOfItsOwn() {
    assertThat(workloads).extracting(Workload::name).doesNotHaveDuplicates();
  }

  private Row row(String name, Optional<String> failure) {
    Workload workload =
        workloads.stream().filter(some -> some.name().equals(name)).findFirst().orElseThrow();
    return new Row(
        workload,
        new Both<>(List.of(round(100), round(100)), List.of(round(300), round(300))),
        failure);
  }

  private static Fields round(double megabytes) {
    return Fields.none().with("mb_per_s", megabytes);
  }
}
