package io.millrace.it.faults;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The long run of {@link MixedFaults}: {@code FAULTS RECORDS SEED [RECORDS_PER_SECOND]}. Ends with
 * 0 if nothing was lost, doubled or reordered and so many records were acknowledged; with 1, and
 * the nodes' files kept, if not.
 */
public final class MixedFaultsMain {
  private static final int RECORDS_PER_SECOND = 2_000;

  private MixedFaultsMain() {}

  /** The command. */
  public static void main(String[] arguments) throws Exception {
    int faults = Integer.parseInt(arguments[0]);
    long records = Long.parseLong(arguments[1]);
    long seed = Long.parseLong(arguments[2]);
    int rate = arguments.length > 3 ? Integer.parseInt(arguments[3]) : RECORDS_PER_SECOND;
    Path home = Files.createTempDirectory("millrace-faults-");
    System.out.println("seed " + seed + ", the nodes' files are in " + home);
    MixedFaults.Result result =
        MixedFaults.run(home, MixedFaults.plan(faults, seed), seed, rate, records);
    result.violations().forEach(System.out::println);
    System.out.printf(
        "%d faults, %,d records acknowledged, %d failed, %d violations%n",
        faults, result.acknowledged(), result.failed(), result.violations().size());
    System.exit(result.violations().isEmpty() && result.failed() == 0 ? 0 : 1);
  }
}
