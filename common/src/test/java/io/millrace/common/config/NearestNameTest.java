package io.millrace.common.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
  private static final List<String> KNOWN =
      List.of("node.id", "log.segment.bytes", "log.retention.ms", "num.partitions", "data.dirs");

  @ParameterizedTest
  @CsvSource({
    "node.ID, node.id",
    "nod.id, node.id",
    "segment.bytes, log.segment.bytes",
    "segmnt.bytes, log.segment.bytes",
    "log.segmnt.bytes, log.segment.bytes",
    "retenton.ms, log.retention.ms",
    "partitions, num.partitions",
    "data.dir, data.dirs",
  })
  void findsWhatWasProbablyMeant(String typed, String meant) {
    assertThat(NearestName.of(typed, KNOWN)).contains(meant);
  }

  @Test
  void suggestsNothingFarFetched() {
    assertThat(NearestName.of("colour", KNOWN)).isEmpty();
    assertThat(NearestName.of("x", KNOWN)).isEmpty();
    assertThat(NearestName.of("x", List.of())).isEmpty();
  }
}
