package io.millrace.it.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** docs/api.md is what the build makes of the protocol's comments. */
class ApiReferenceTest {
  @Test
  void referenceInDocsIsTheGeneratedOne() throws IOException {
    assertThat(ProjectFiles.read("docs/api.md"))
        .as("docs/api.md; mend it: cp proto/target/api-reference/api.md docs/api.md")
        .isEqualTo(ProjectFiles.read("proto/target/api-reference/api.md"));
  }
}
