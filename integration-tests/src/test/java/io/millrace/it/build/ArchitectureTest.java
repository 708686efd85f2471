package io.millrace.it.build;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.File;
import java.nio.file.Files;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The layering of the modules and the purity of the core packages, held by the class files
 * themselves.
 */
class ArchitectureTest {
  private static final String[] CORE = {
    "io.millrace.common.producer..",
    "io.millrace.metadata.image..",
    "io.millrace.metadata.controller..",
    "io.millrace.broker.replica.core..",
    "io.millrace.broker.replica.link..",
    "io.millrace.broker.group.core..",
  };

  private static JavaClasses project = new ClassFileImporter().importPackages();

  @BeforeAll
  static void readClassFiles() {
    project =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.millrace");
  }

  @Test
  void coreTakesValuesAndReturnsEffects() {
    check(
        noClasses()
            .that(resideInAnyPackage(CORE))
            .should()
            .dependOnClassesThat(
                resideInAnyPackage(
                    "java.util.concurrent..",
                    "java.io..",
                    "java.nio.file..",
                    "java.net..",
                    "org.slf4j..",
                    "io.grpc..",
                    "org.apache.ratis..",
                    "io.millrace.common.file..",
                    "io.millrace.common.net..",
                    "io.millrace.common.time.."))
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Random.class));
  }

  @Test
  void onlyTheClockReadsTheMachinesClocks() {
    check(
        noClasses()
            .that(not(resideInAnyPackage("io.millrace.common.time..", "io.millrace.bench..")))
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now"));
  }

  @Test
  void nothingSleepsButBenchmarksThatMeasureOverATime() {
    check(
        noClasses()
            .that(not(resideInAnyPackage("io.millrace.bench..")))
            .should()
            .callMethod(Thread.class, "sleep", long.class));
  }

  @Test
  void nothingDrawsUnseededNumbers() {
    check(
        noClasses()
            .should()
            .callConstructor(Random.class)
            .orShould()
            .callMethod(Math.class, "random"));
  }

  @Test
  void onlyTheFileStoreAndTheCommandTouchFiles() {
    check(
        noClasses()
            .that(
                not(
                    resideInAnyPackage(
                        "io.millrace.common.file..", "io.millrace.cli..", "io.millrace.bench..")))
            .should()
            .dependOnClassesThat()
            .areAssignableTo(Files.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(java.io.FileOutputStream.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(java.nio.channels.FileChannel.class)
            .orShould()
            .callMethod(File.class, "delete"));
  }

  @Test
  void onlyTheAdapterKnowsRatis() {
    check(
        noClasses()
            .that(not(resideInAnyPackage("io.millrace.metadata.ratis..")))
            .should()
            .dependOnClassesThat(resideInAnyPackage("org.apache.ratis..")));
  }

  @Test
  void onlyRpcPackagesAndTheWiringKnowGrpc() {
    check(
        noClasses()
            .that(
                resideInAnyPackage(
                    "io.millrace.common..", "io.millrace.metadata..", "io.millrace.broker.."))
            .and(
                not(
                    resideInAnyPackage(
                        "io.millrace.metadata.rpc..",
                        "io.millrace.broker.rpc..",
                        "io.millrace.broker.server..")))
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.grpc..")));
  }

  @Test
  void publicClientTypesShowNeitherGrpcNorProtobuf() {
    check(
        noClasses()
            .that(resideInAnyPackage("io.millrace.client.api.."))
            .should()
            .dependOnClassesThat(
                resideInAnyPackage("io.grpc..", "com.google.protobuf..", "io.millrace.proto..")));
  }

  @Test
  void expressionsOfClientsNeverRunInAnEngineThatBacktracks() {
    check(
        noClasses()
            .that(resideInAnyPackage("io.millrace.broker.group.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage("java.util.regex..")));
  }

  @Test
  void modulesPointOneWay() {
    check(
        noClasses()
            .that(resideInAnyPackage("io.millrace.common.."))
            .should()
            .dependOnClassesThat(
                resideInAnyPackage(
                    "io.millrace.metadata..",
                    "io.millrace.broker..",
                    "io.millrace.client..",
                    "io.millrace.cli..")));
    check(
        noClasses()
            .that(resideInAnyPackage("io.millrace.metadata.."))
            .should()
            .dependOnClassesThat(
                resideInAnyPackage(
                    "io.millrace.broker..", "io.millrace.client..", "io.millrace.cli..")));
    check(
        noClasses()
            .that(resideInAnyPackage("io.millrace.broker.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.millrace.client..", "io.millrace.cli..")));
  }

  @Test
  void everyPackageIsNullMarked() {
    check(
        classes()
            .that(not(resideInAnyPackage("io.millrace.proto..", "..jmh_generated..")))
            .and()
            .doNotHaveSimpleName("package-info")
            .should(new BeInNullMarkedPackage()));
  }

  private static void check(ArchRule rule) {
    rule.check(project);
  }
}
