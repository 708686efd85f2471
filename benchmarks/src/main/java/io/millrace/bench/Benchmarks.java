package io.millrace.bench;

import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs the benchmarks whose names match a regular expression; every option of JMH's own command
 * line may follow. Adds the CPU time of an operation to each result, which other work on the
 * machine moves less than its duration.
 *
 * <pre>
 * ./mvnw -q -Pbench -pl benchmarks -am process-classes -Dbench="RecordCodec"
 * ./mvnw -q -Pbench -pl benchmarks -am process-classes -Dbench="-h"
 * </pre>
 */
public final class Benchmarks {
  private Benchmarks() {}

  public static void main(String[] args) throws Exception {
    CommandLineOptions options = new CommandLineOptions(args);
    if (options.shouldHelp()) {
      options.showHelp();
    } else if (options.shouldList()) {
      new Runner(options).list();
    } else {
      new Runner(new OptionsBuilder().parent(options).addProfiler(CpuTimeProfiler.class).build())
          .run();
    }
  }
}
