package io.millrace.it.build;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.jspecify.annotations.NullMarked;

/** Holds for a class whose package says {@code @NullMarked}. */
final class BeInNullMarkedPackage extends ArchCondition<JavaClass> {
  BeInNullMarkedPackage() {
    super("be in a package annotated with @NullMarked");
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    boolean marked = type.getPackage().isAnnotatedWith(NullMarked.class);
    events.add(
        new SimpleConditionEvent(type, marked, type.getName() + ": package is not @NullMarked"));
  }
}
