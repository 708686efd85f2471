package io.millrace.it.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/semantics.md has every row, and each one has a test that carries its number. */
class SemanticsTest {
  /** The last row of what a broker promises; those of groups and transactions follow. */
  private static final int LAST_ROW = 34;

  private static final Pattern ROW = Pattern.compile("^\\| (S\\d\\d[a-z]?) \\|", Pattern.MULTILINE);
  private static final Pattern NOT_BUILT =
      Pattern.compile("^\\| (S\\d\\d[a-z]?) \\| Not built yet", Pattern.MULTILINE);
  private static final Pattern NAMED = Pattern.compile("\\b(S\\d\\d[a-z]?)(?![0-9a-z])");

  @Test
  void noRowIsLeftOut() throws IOException {
    Set<String> promised = matches(ROW, ProjectFiles.read("docs/semantics.md"));

    assertThat(promised)
        .contains("S28b")
        .containsAll(IntStream.rangeClosed(1, LAST_ROW).mapToObj("S%02d"::formatted).toList());
  }

  @Test
  void everyPromiseHasATest() throws IOException {
    String page = ProjectFiles.read("docs/semantics.md");
    Set<String> promised = matches(ROW, page);
    promised.removeAll(matches(NOT_BUILT, page));
    Set<String> tested = new TreeSet<>();
    try (Stream<Path> files = Files.walk(ProjectFiles.root())) {
      for (Path file : files.filter(SemanticsTest::isTest).toList()) {
        tested.addAll(matches(NAMED, Files.readString(file)));
      }
    }

    assertThat(promised).isNotEmpty();
    assertThat(tested).containsAll(promised);
  }

  private static boolean isTest(Path file) {
    return file.toString().contains("/src/test/java/") && file.toString().endsWith(".java");
  }

  private static Set<String> matches(Pattern pattern, String text) {
    Set<String> found = new TreeSet<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }
}
