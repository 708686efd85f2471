package io.millrace.cli;

import io.millrace.cli.record.BytesForm;
import io.millrace.cli.record.Escapes;
import io.millrace.cli.record.FixedParts;
import io.millrace.cli.record.JsonRecordParser;
import io.millrace.cli.record.LineRecords;
import io.millrace.cli.record.RecordParser;
import io.millrace.client.api.Header;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How {@code produce} makes records of lines. */
final class RecordInputOptions {
  /** How a line is written. */
  enum InputFormat {
    /** The value as it is, perhaps with headers and a key before it. */
    text,
    /** The same in hex. */
    hex,
    /** The same in Base64. */
    base64,
    /** A JSON object. */
    json
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = {"-i", "--input-format"},
      paramLabel = "FORMAT",
      description = {
        "${COMPLETION-CANDIDATES}. json is what 'consume -o json' prints, an object a line: value,"
            + " and if need be key, headers, partition, timestamp. hex and base64 are those of key,"
            + " value and headers. Default: text."
      })
  private InputFormat format = InputFormat.text;

  @Option(
      names = {"-k", "--key-separator"},
      paramLabel = "TEXT",
      description = {
        "What stands between key and value; \\t is a tab. A line without it is a value without a"
            + " key.",
        "Default: none, or given as empty: no line has a key."
      })
  private String keySeparator = "";

  @Option(
      names = "--header-separator",
      paramLabel = "TEXT",
      description =
          "What stands between headers, written NAME=VALUE,…, and the rest of each line. Default:"
              + " none: no line has headers.")
  private String headerSeparator = "";

  @Option(
      names = "--null",
      paramLabel = "TEXT",
      description =
          "A key, value or header that is this text is null: with --null '' an empty value is a"
              + " tombstone.")
  private Optional<String> nullText = Optional.empty();

  @Option(
      names = "--key",
      paramLabel = "TEXT",
      description = "The key of every record, over that of its line.")
  private Optional<String> key = Optional.empty();

  @Option(
      names = {"-H", "--header"},
      paramLabel = "NAME=VALUE",
      description = "A header of every record, after those of its line; may be repeated.")
  private List<String> headers = new ArrayList<>();

  @Option(
      names = {"-p", "--partition"},
      paramLabel = "N",
      converter = Numbers.NotNegative.class,
      description =
          "The partition, over that of a json line. Default: by the key, or by turns without one.")
  private Optional<Integer> partition = Optional.empty();

  @Option(
      names = "--ignore",
      paramLabel = "FIELD",
      split = ",",
      description =
          "Fields of json lines to pass over: ${COMPLETION-CANDIDATES}. Without partition, keys"
              + " choose it anew.")
  private Set<JsonRecordParser.Field> ignored = new LinkedHashSet<>();

  /**
   * What reads the lines.
   *
   * @throws ParameterException if the options contradict each other
   */
  RecordParser parser(String topic) {
    FixedParts fixed = new FixedParts(key.map(RecordInputOptions::utf8), fixedHeaders(), partition);
    return fixed.in(format == InputFormat.json ? json(topic) : lines(topic));
  }

  private RecordParser json(String topic) {
    refuse("--key-separator", !keySeparator.isEmpty());
    refuse("--header-separator", !headerSeparator.isEmpty());
    refuse("--null", nullText.isPresent());
    return new JsonRecordParser(topic, ignored);
  }

  private void refuse(String option, boolean given) {
    if (given) {
      throw mistake(option + " is for lines of text, hex or base64 (json lines have fields)");
    }
  }

  private RecordParser lines(String topic) {
    if (!ignored.isEmpty()) {
      throw mistake("--ignore is for --input-format json (other lines have no named fields)");
    }
    return new LineRecords(
        topic,
        BytesForm.valueOf(format.name()),
        utf8(Escapes.decode(headerSeparator)),
        utf8(Escapes.decode(keySeparator)),
        nullText.map(RecordInputOptions::utf8));
  }

  private List<Header> fixedHeaders() {
    List<Header> fixed = new ArrayList<>();
    for (String header : headers) {
      int equals = header.indexOf('=');
      if (equals <= 0) {
        throw mistake("--header: '" + header + "' (expected: NAME=VALUE)");
      }
      fixed.add(new Header(header.substring(0, equals), utf8(header.substring(equals + 1))));
    }
    return fixed;
  }

  private ParameterException mistake(String what) {
    return new ParameterException(command.commandLine(), what);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
