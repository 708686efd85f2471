package io.millrace.it.cluster;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What processes of the {@code millrace} command find their classes in: the jars of this build,
 * with an archive of the classes that a node and client commands load, as the launcher has one. A
 * node then needs half the CPU time to start. The first process of a build makes the archive, on
 * whichever test's account. Where modules are not packaged yet (a run of tests alone) it is the
 * class path of the tests, without an archive.
 *
 * @param classPath of the processes
 * @param options for their JVMs
 */
record SharedClasses(String classPath, List<String> options) {
  private static final String ALL = System.getProperty("java.class.path", "");

  /** Made at the first use, under the class's initialization lock. */
  private static final class Holder {
    static final SharedClasses OF_THIS_BUILD = find();
  }

  static SharedClasses ofThisBuild() {
    return Holder.OF_THIS_BUILD;
  }

  private static SharedClasses find() {
    List<Path> entries = Arrays.stream(ALL.split(File.pathSeparator)).map(Path::of).toList();
    Path target = ownClasses(entries).getParent();
    List<Path> others = entries.stream().filter(entry -> !entry.startsWith(target)).toList();
    if (!others.stream().allMatch(Files::isRegularFile)) {
      return new SharedClasses(ALL, List.of());
    }
    String jars =
        others.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    Path archive = target.resolve("classes-" + Integer.toHexString(jars.hashCode()) + ".jsa");
    try {
      return new SharedClasses(jars, refresh(archive, others, jars) ? use(archive) : List.of());
    } catch (IOException e) {
      throw new IllegalStateException("no archive of classes in " + target, e);
    }
  }

  /** Of this module: no process needs them, and an archive takes jars only. */
  private static Path ownClasses(List<Path> entries) {
    return entries.stream()
        .filter(entry -> entry.endsWith(Path.of("target", "test-classes")))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no target/test-classes in " + ALL));
  }

  /** One process makes it, others wait for it; returns whether it is there. */
  private static boolean refresh(Path archive, List<Path> jars, String classPath)
      throws IOException {
    Path lock = archive.resolveSibling("classes.lock");
    try (FileChannel file =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = file.lock()) {
      if (held.isValid() && !isNewerThan(archive, jars)) {
        make(archive, classPath);
      }
    }
    return Files.exists(archive);
  }

  private static boolean isNewerThan(Path archive, List<Path> jars) throws IOException {
    if (!Files.exists(archive)) {
      return false;
    }
    for (Path jar : jars) {
      if (Files.getLastModifiedTime(jar).compareTo(Files.getLastModifiedTime(archive)) > 0) {
        return false;
      }
    }
    return true;
  }

  private static void make(Path archive, String classPath) throws IOException {
    Path fresh = archive.resolveSibling(archive.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    Files.deleteIfExists(archive);
    Process dump =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                "-XX:ArchiveClassesAtExit=" + fresh,
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xlog:disable",
                "-cp",
                classPath,
                "io.millrace.cli.WarmUp")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    dump.onExit().join();
    if (Files.exists(fresh)) {
      Files.move(fresh, archive, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Without a word about an archive that can't be used after all. */
  private static List<String> use(Path archive) {
    return List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:cds=off", "-Xlog:cds+dynamic=off");
  }
}
