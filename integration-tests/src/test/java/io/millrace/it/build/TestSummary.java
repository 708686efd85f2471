package io.millrace.it.build;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Prints, at the end of {@code verify}, how many tests ran in all modules and which were skipped
 * for what reason; the skipped ones also go to a file, one a line. Fails if the transport reported
 * a buffer that nobody gave back.
 */
public final class TestSummary {
  private static final String REPORTS = "TEST-.*\\.xml";

  private int ran;
  private int failed;
  private final List<String> skipped = new ArrayList<>();

  private TestSummary() {}

  public static void main(String[] arguments) throws Exception {
    TestSummary summary = new TestSummary();
    for (Path report : files(Path.of(arguments[0]), REPORTS)) {
      summary.add(report);
    }
    summary.print();
    Files.write(Path.of(arguments[1]), summary.skipped);
    List<String> leaks = LeakReports.in(files(Path.of(arguments[0]), LeakReports.FILES));
    if (!leaks.isEmpty()) {
      throw new IllegalStateException(
          "buffers that nobody gave back:\n  " + String.join("\n  ", leaks));
    }
  }

  private static List<Path> files(Path root, String names) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> modules = Files.list(root)) {
      for (Path module : modules.sorted().toList()) {
        for (String kind : List.of("surefire-reports", "failsafe-reports")) {
          addFiles(module.resolve("target").resolve(kind), names, found);
        }
      }
    }
    return found;
  }

  private static void addFiles(Path directory, String names, List<Path> found) throws IOException {
    if (Files.isDirectory(directory)) {
      try (Stream<Path> files = Files.list(directory)) {
        files
            .filter(file -> file.getFileName().toString().matches(names))
            .sorted()
            .forEach(found::add);
      }
    }
  }

  private void add(Path report) throws Exception {
    Element suite =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(report.toFile())
            .getDocumentElement();
    NodeList cases = suite.getElementsByTagName("testcase");
    for (int i = 0; i < cases.getLength(); i++) {
      Element test = (Element) cases.item(i);
      NodeList skips = test.getElementsByTagName("skipped");
      if (skips.getLength() > 0) {
        String why = ((Element) skips.item(0)).getAttribute("message");
        skipped.add(
            test.getAttribute("classname") + "." + test.getAttribute("name") + ": " + why.strip());
      } else {
        ran++;
        failed +=
            test.getElementsByTagName("failure").getLength()
                + test.getElementsByTagName("error").getLength();
      }
    }
  }

  private void print() {
    System.out.println();
    System.out.printf("%d passed, %d failed, %d skipped%n", ran - failed, failed, skipped.size());
    skipped.forEach(line -> System.out.println("  skipped: " + line));
  }
}
