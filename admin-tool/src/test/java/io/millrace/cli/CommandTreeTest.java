package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.CommandGroup.Member;
import io.millrace.common.time.SystemClock;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.Option;

class CommandTreeTest {
  private static final List<Member> MEMBERS =
      List.of(new Member("group", Group.class), new Member("other", Leaf.class));

  private final List<Class<?>> made = new ArrayList<>();

  @Command(name = "root")
  private static final class Root {}

  @Command(name = "group", description = "Two leaves.")
  private static final class Group implements CommandGroup {
    @Override
    public List<Member> members() {
      return List.of(new Member("one", Leaf.class), new Member("two", Leaf.class));
    }
  }

  @Command(name = "leaf", description = "A leaf.")
  private static final class Leaf {
    @Option(names = "--option", description = "An option.")
    private boolean option;
  }

  private CommandLine tree(String... words) {
    IFactory factory =
        new IFactory() {
          @Override
          public <K> K create(Class<K> type) throws Exception {
            made.add(type);
            return CommandLine.defaultFactory().create(type);
          }
        };
    CommandLine root = new CommandLine(new Root(), factory);
    new CommandTree(factory).addMeant(root, MEMBERS, List.of(words));
    return root;
  }

  @Test
  void makesOnlyTheCommandThatIsMeant() {
    CommandLine group = tree("group", "two", "--option").getSubcommands().get("group");
    assertThat(group.getSubcommands()).containsOnlyKeys("two");
    assertThat(made).containsExactly(Group.class, Leaf.class);
  }

  @Test
  void readsNoOptionsForAHelpOrForAWordThatIsNoCommand() {
    for (List<String> words :
        List.of(List.<String>of(), List.of("--help"), List.of("gruop"), List.of("-V"))) {
      CommandLine root = tree(words.toArray(String[]::new));
      assertThat(root.getSubcommands()).containsOnlyKeys("group", "other");
      assertThat(root.getUsageMessage()).contains("Two leaves.").contains("A leaf.");
    }
    assertThat(tree("group", "--help").getSubcommands().get("group").getUsageMessage())
        .contains("one", "two", "A leaf.");
    assertThat(made).containsExactly(Group.class);
  }

  @Test
  void makesAllWhereACommandMayStillCome() {
    for (List<String> words :
        List.of(List.of("@file"), List.of("-x", "group", "two"), List.of("x", "other"))) {
      CommandLine root = tree(words.toArray(String[]::new));
      assertThat(root.getSubcommands().get("group").getSubcommands())
          .containsOnlyKeys("one", "two");
      assertThat(root.getSubcommands().get("other").getCommandSpec().options()).hasSize(1);
    }
  }

  @Test
  void namesEachCommandAsItsAnnotationDoes() {
    CliContext context =
        new CliContext(
            InputStream.nullInputStream(),
            new ResultStream(OutputStream.nullOutputStream()),
            System.err,
            Map.of(),
            false,
            "millrace",
            new SystemClock());
    CommandLine whole = Millrace.whole(context);
    assertThat(names(whole)).isNotEmpty().allMatch(name -> name.key().equals(name.own()));
  }

  private record Name(String key, String own) {}

  private static List<Name> names(CommandLine parent) {
    List<Name> names = new ArrayList<>();
    parent
        .getSubcommands()
        .forEach(
            (key, line) -> {
              Command annotation =
                  line.getCommandSpec().userObject().getClass().getAnnotation(Command.class);
              names.add(new Name(key, annotation.name()));
              names.addAll(names(line));
            });
    return names;
  }
}
