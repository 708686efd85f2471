package io.millrace.it.build;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.netty.shaded.io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeakReportsTest {
  @TempDir Path directory;

  @Test
  void findsWhatTheDetectorWritesAmongOtherOutput() throws IOException {
    Path leaking = directory.resolve("io.millrace.SomeTest-output.txt");
    Path clean = directory.resolve("io.millrace.OtherTest-output.txt");
    Files.write(
        leaking,
        "first\n12:00 ERROR LEAK: ByteBuf.release() was not called\n\u00ff\n"
            .getBytes(StandardCharsets.ISO_8859_1));
    Files.write(clean, new byte[] {(byte) 0xff, '\n', 'o', 'k'});

    assertThat(LeakReports.in(List.of(leaking, clean)))
        .containsExactly(
            "io.millrace.SomeTest-output.txt: 12:00 ERROR LEAK: ByteBuf.release() was not called");
    assertThat(clean.getFileName().toString()).matches(LeakReports.FILES);
  }

  @Test
  void theDetectorLooksAtEveryBuffer() {
    assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
  }
}
